namespace Pipeline.Actors.Dicom.Network;

/// <summary>PS3.8 table 9-26.</summary>
public enum AbortSource
{
    User = 0,
    Provider = 2,
}
