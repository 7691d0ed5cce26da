namespace Pipeline.Actors.Dicom.Network;

/// <summary>PS3.8 table 9-21.</summary>
public enum RejectSource
{
    User = 1,
    Acse = 2,
    Presentation = 3,
}
