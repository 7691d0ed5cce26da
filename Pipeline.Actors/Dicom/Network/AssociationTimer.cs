namespace Pipeline.Actors.Dicom.Network;

/// <summary>Which time-out runs in the present state.</summary>
public enum AssociationTimer
{
    None,
    Artim,
    Idle,
}
