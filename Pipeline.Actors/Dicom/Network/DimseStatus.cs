namespace Pipeline.Actors.Dicom.Network;

/// <summary>The status of a DIMSE response (PS3.7 annex C, PS3.4 B.2.3) and a comment of at most 64 characters without identifying values.</summary>
public readonly record struct DimseStatus(ushort Code, string? Comment = null)
{
    public static DimseStatus Success => new(0x0000);

    public static DimseStatus OutOfResources(string comment) => new(0xA700, comment);

    public static DimseStatus DoesNotMatchSopClass(string comment) => new(0xA900, comment);

    public static DimseStatus CannotUnderstand(string comment) => new(0xC000, comment);

    public static DimseStatus ProcessingFailure(string comment) => new(0x0110, comment);

    public static DimseStatus InvalidArgument(string comment) => new(0x0115, comment);

    public static DimseStatus NoSuchAction => new(0x0123, "The action of storage commitment is 1.");

    public static DimseStatus UnrecognizedOperation => new(0x0211, "This SCP answers C-STORE, C-ECHO and storage commitment.");

    /// <summary>
    /// A repeated SOP Instance UID with other bytes: kept, but aside, so it is a warning. A failure (0111) would make senders retry what is
    /// already durable.
    /// </summary>
    public static DimseStatus Conflict => new(0xB000, "UID already held with other content; kept in quarantine.");

    public bool IsSuccess => Code == 0;

    /// <summary>The instance is in our keeping: success or a warning.</summary>
    public bool IsKept => Code == 0 || Code >> 12 == 0xB;

    public override string ToString() => Comment is null ? $"{Code:X4}" : $"{Code:X4} ({Comment})";
}
