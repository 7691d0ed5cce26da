using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Command sets (PS3.7 annex E): always implicit little endian, led by their length.</summary>
public static class DimseCommand
{
    public const ushort StoreRequest = 0x0001;
    public const ushort EchoRequest = 0x0030;
    public const ushort EventReportRequest = 0x0100;
    public const ushort ActionRequest = 0x0130;
    public const ushort CancelRequest = 0x0FFF;
    public const ushort ResponseBit = 0x8000;
    public const ushort NoDataSet = 0x0101;
    private const ushort WithDataSet = 0x0000;

    public static byte[] Echo(ushort messageId) => Encode(new DicomDataSet()
        .Set(DicomTags.AffectedSopClassUid, SopClasses.Verification)
        .Set(DicomTags.CommandField, EchoRequest)
        .Set(DicomTags.MessageId, messageId)
        .Set(DicomTags.CommandDataSetType, NoDataSet));

    public static byte[] Store(ushort messageId, string sopClass, string sopInstance) => Encode(new DicomDataSet()
        .Set(DicomTags.AffectedSopClassUid, sopClass)
        .Set(DicomTags.CommandField, StoreRequest)
        .Set(DicomTags.MessageId, messageId)
        .Set(DicomTags.Priority, 0)
        .Set(DicomTags.CommandDataSetType, WithDataSet)
        .Set(DicomTags.AffectedSopInstanceUid, sopInstance));

    /// <summary>N-EVENT-REPORT of storage commitment: 1 when everything is held, 2 when something is not (PS3.4 J.3.3).</summary>
    public static byte[] CommitmentEvent(ushort messageId, ushort eventType) => Encode(new DicomDataSet()
        .Set(DicomTags.AffectedSopClassUid, SopClasses.StorageCommitment)
        .Set(DicomTags.CommandField, EventReportRequest)
        .Set(DicomTags.MessageId, messageId)
        .Set(DicomTags.CommandDataSetType, WithDataSet)
        .Set(DicomTags.AffectedSopInstanceUid, SopClasses.StorageCommitmentInstance)
        .Set(CommandTags.EventTypeId, eventType));

    /// <summary>N-ACTION of storage commitment (PS3.4 J.3.2).</summary>
    public static byte[] CommitmentAction(ushort messageId) => Encode(new DicomDataSet()
        .Set(DicomTags.RequestedSopClassUid, SopClasses.StorageCommitment)
        .Set(DicomTags.CommandField, ActionRequest)
        .Set(DicomTags.MessageId, messageId)
        .Set(DicomTags.CommandDataSetType, WithDataSet)
        .Set(CommandTags.RequestedSopInstanceUid, SopClasses.StorageCommitmentInstance)
        .Set(CommandTags.ActionTypeId, 1));

    public static byte[] Respond(DicomDataSet request, DimseStatus status)
    {
        DicomDataSet response = new DicomDataSet()
            .Set(DicomTags.CommandField, (ushort)((request.Int(DicomTags.CommandField) ?? 0) | ResponseBit))
            .Set(DicomTags.MessageIdBeingRespondedTo, (ushort)(request.Int(DicomTags.MessageId) ?? 0))
            .Set(DicomTags.CommandDataSetType, NoDataSet)
            .Set(DicomTags.Status, status.Code);
        // A requested SOP class or instance is answered as the affected one (PS3.7 10.1.4.1).
        if ((request.Text(DicomTags.AffectedSopClassUid) ?? request.Text(DicomTags.RequestedSopClassUid)) is { } sopClass)
            response.Set(DicomTags.AffectedSopClassUid, sopClass);
        if ((request.Text(DicomTags.AffectedSopInstanceUid) ?? request.Text(CommandTags.RequestedSopInstanceUid)) is { } instance)
            response.Set(DicomTags.AffectedSopInstanceUid, instance);
        foreach (DicomTag type in (DicomTag[])[CommandTags.EventTypeId, CommandTags.ActionTypeId])
        {
            if (request.Int(type) is { } number)
                response.Set(type, (ushort)number);
        }
        if (status.Comment is { } comment)
            response.Set(DicomTags.ErrorComment, comment.Length > 64 ? comment[..64] : comment);
        return Encode(response);
    }

    public static Outcome<DicomDataSet> Decode(ReadOnlyMemory<byte> bytes) =>
        DicomReader.ReadDataSet(bytes, TransferSyntax.ImplicitLittle, new DicomReadLimits(MaxDepth: 2, MaxElements: 256));

    private static byte[] Encode(DicomDataSet command)
    {
        byte[] body = DicomWriter.WriteDataSet(command, TransferSyntax.ImplicitLittle);
        byte[] whole = new byte[12 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(4), 4);
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(8), body.Length);
        body.CopyTo(whole, 12);
        return whole;
    }
}
