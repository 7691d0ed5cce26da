using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Command sets (PS3.7 annex E): always implicit little endian, led by their length.</summary>
public static class DimseCommand
{
    public const ushort StoreRequest = 0x0001;
    public const ushort EchoRequest = 0x0030;
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

    public static byte[] Respond(DicomDataSet request, DimseStatus status)
    {
        DicomDataSet response = new DicomDataSet()
            .Set(DicomTags.CommandField, (ushort)((request.Int(DicomTags.CommandField) ?? 0) | ResponseBit))
            .Set(DicomTags.MessageIdBeingRespondedTo, (ushort)(request.Int(DicomTags.MessageId) ?? 0))
            .Set(DicomTags.CommandDataSetType, NoDataSet)
            .Set(DicomTags.Status, status.Code);
        if (request.Find(DicomTags.AffectedSopClassUid) is { } sopClass)
            response.Set(sopClass);
        if (request.Find(DicomTags.AffectedSopInstanceUid) is { } instance)
            response.Set(instance);
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
