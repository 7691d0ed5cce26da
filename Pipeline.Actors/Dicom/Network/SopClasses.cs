namespace Pipeline.Actors.Dicom.Network;

/// <summary>SOP classes by UID (PS3.6 annex A).</summary>
public static class SopClasses
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string ComputedRadiography = "1.2.840.10008.5.1.4.1.1.1";
    public const string DigitalXRayForPresentation = "1.2.840.10008.5.1.4.1.1.1.1";
    public const string CT = "1.2.840.10008.5.1.4.1.1.2";
    public const string MR = "1.2.840.10008.5.1.4.1.1.4";
    public const string SecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
    public const string StorageRoot = "1.2.840.10008.5.1.4.1.1.";

    /// <summary>Storage Commitment Push Model (PS3.4 annex J), and its one instance.</summary>
    public const string StorageCommitment = "1.2.840.10008.1.20.1";
    public const string StorageCommitmentInstance = "1.2.840.10008.1.20.1.1";

    /// <summary>Any standard storage class; what is no image is counted out of scope later, so a study is not refused for one of its parts.</summary>
    public static bool IsStorage(string uid) => uid.StartsWith(StorageRoot, StringComparison.Ordinal);

    /// <summary>Secondary capture in its single- and multi-frame forms.</summary>
    public static bool IsSecondaryCapture(string uid) =>
        uid == SecondaryCapture || uid.StartsWith(SecondaryCapture + ".", StringComparison.Ordinal);
}
