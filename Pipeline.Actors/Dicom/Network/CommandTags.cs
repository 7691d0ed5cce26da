using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Elements of normalized services (PS3.7 annex E) and of storage commitment (PS3.4 J.3).</summary>
internal static class CommandTags
{
    public static readonly DicomTag RequestedSopInstanceUid = new(0x00001001);
    public static readonly DicomTag EventTypeId = new(0x00001002);
    public static readonly DicomTag ActionTypeId = new(0x00001008);
    public static readonly DicomTag TransactionUid = new(0x00081195);
    public static readonly DicomTag FailureReason = new(0x00081197);
    public static readonly DicomTag FailedSopSequence = new(0x00081198);
    public static readonly DicomTag ReferencedSopSequence = new(0x00081199);
}
