namespace Pipeline.Actors.Dicom.Network;

/// <summary>PS3.8 table 9-21.</summary>
public enum RejectResult
{
    Permanent = 1,
    Transient = 2,
}
