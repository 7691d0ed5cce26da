using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Encodes PDUs (PS3.8 9.3).</summary>
public static class PduWriter
{
    /// <summary>Of this implementation (PS3.7 D.3.3.2).</summary>
    public const string ImplementationClassUid = "2.25.226394871032471028374651029384756102";
    /// <inheritdoc cref="ImplementationClassUid"/>
    public const string ImplementationVersion = "PIPELINE_010";

    public static byte[] Write(Pdu pdu) => pdu switch
    {
        Pdu.AssociateRequest request => Frame(1, Associate(
            request.CalledAe, request.CallingAe, request.ProtocolVersion, request.ApplicationContext, request.MaxLength, request.Items, output =>
            {
                foreach (PresentationContext context in request.Contexts)
                    Item(output, 0x20, Proposal(context));
            })),
        Pdu.AssociateAccept accept => Frame(2, Associate(
            accept.CalledAe, accept.CallingAe, 1, PduReader.ApplicationContext, accept.MaxLength, accept.Items, output =>
            {
                foreach (PresentationContextResult context in accept.Contexts)
                    Item(output, 0x21, Result(context));
            })),
        Pdu.AssociateReject reject => Frame(3, [0, (byte)reject.Result, (byte)reject.Source, reject.Reason]),
        Pdu.DataTransfer data => Data(data),
        Pdu.ReleaseRequest => Frame(5, [0, 0, 0, 0]),
        Pdu.ReleaseResponse => Frame(6, [0, 0, 0, 0]),
        Pdu.Abort abort => Frame(7, [0, 0, (byte)abort.Source, abort.Reason]),
        _ => throw new ArgumentException($"Unknown PDU {pdu.GetType().Name}.", nameof(pdu)),
    };

    /// <summary>How much of a message one presentation data value carries in a PDU of its own.</summary>
    /// <param name="maxLength">The receiver's maximum length; 0 is without limit.</param>
    public static int FragmentLength(int maxLength) => (maxLength <= 0 ? 131072 : Math.Clamp(maxLength, 1024, 1 << 20)) - 6;

    /// <summary>PDU header and the header of its one presentation data value (bytes).</summary>
    internal const int DataHeaderLength = PduReader.HeaderLength + 6;

    /// <summary>Heads a P-DATA-TF whose one fragment lies behind <see cref="DataHeaderLength"/> already.</summary>
    internal static void WriteDataHeader(Span<byte> pdu, byte contextId, bool command, bool last, int length)
    {
        pdu[0] = 4;
        pdu[1] = 0;
        BinaryPrimitives.WriteInt32BigEndian(pdu[2..], length + 6);
        BinaryPrimitives.WriteInt32BigEndian(pdu[6..], length + 2);
        pdu[10] = contextId;
        pdu[11] = (byte)((command ? 1 : 0) | (last ? 2 : 0));
    }

    private static byte[] Data(Pdu.DataTransfer data)
    {
        int length = data.Values.Sum(value => 6 + value.Data.Length);
        byte[] pdu = new byte[PduReader.HeaderLength + length];
        pdu[0] = 4;
        BinaryPrimitives.WriteInt32BigEndian(pdu.AsSpan(2), length);
        Span<byte> at = pdu.AsSpan(PduReader.HeaderLength);
        foreach (PresentationDataValue value in data.Values)
        {
            BinaryPrimitives.WriteInt32BigEndian(at, value.Data.Length + 2);
            at[4] = value.ContextId;
            at[5] = (byte)((value.Command ? 1 : 0) | (value.Last ? 2 : 0));
            value.Data.Span.CopyTo(at[6..]);
            at = at[(6 + value.Data.Length)..];
        }
        return pdu;
    }

    private static byte[] Associate(
        string called, string calling, ushort version, string application, int maxLength, UserItems items, Action<ArrayBufferWriter<byte>> contexts)
    {
        var output = new ArrayBufferWriter<byte>(512);
        byte[] head = new byte[68];
        BinaryPrimitives.WriteUInt16BigEndian(head, version);
        Title(called).CopyTo(head, 4);
        Title(calling).CopyTo(head, 20);
        output.Write(head);
        Item(output, 0x10, Encoding.ASCII.GetBytes(application));
        contexts(output);

        var user = new ArrayBufferWriter<byte>(128);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, maxLength);
        Item(user, 0x51, length);
        Item(user, 0x52, Encoding.ASCII.GetBytes(ImplementationClassUid));
        if (items.Window is { } window)
            Item(user, 0x53, [(byte)(window.Invoked >> 8), (byte)window.Invoked, (byte)(window.Performed >> 8), (byte)window.Performed]);
        foreach (RoleSelection role in items.Roles)
            Item(user, 0x54, Named(role.SopClassUid, [role.Scu ? (byte)1 : (byte)0, role.Scp ? (byte)1 : (byte)0]));
        Item(user, 0x55, Encoding.ASCII.GetBytes(ImplementationVersion));
        foreach (ExtendedNegotiation extended in items.Extended)
            Item(user, 0x56, Named(extended.SopClassUid, extended.Information.Span));
        Item(output, 0x50, user.WrittenSpan);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Named(string uid, ReadOnlySpan<byte> value)
    {
        byte[] item = new byte[2 + uid.Length + value.Length];
        BinaryPrimitives.WriteUInt16BigEndian(item, (ushort)uid.Length);
        Encoding.ASCII.GetBytes(uid, item.AsSpan(2));
        value.CopyTo(item.AsSpan(2 + uid.Length));
        return item;
    }

    private static byte[] Proposal(PresentationContext context)
    {
        var output = new ArrayBufferWriter<byte>(128);
        output.Write<byte>([context.Id, 0, 0, 0]);
        Item(output, 0x30, Encoding.ASCII.GetBytes(context.AbstractSyntax));
        foreach (string syntax in context.TransferSyntaxes)
            Item(output, 0x40, Encoding.ASCII.GetBytes(syntax));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Result(PresentationContextResult context)
    {
        var output = new ArrayBufferWriter<byte>(64);
        output.Write<byte>([context.Id, 0, (byte)context.Result, 0]);
        Item(output, 0x40, Encoding.ASCII.GetBytes(context.TransferSyntax));
        return output.WrittenSpan.ToArray();
    }

    private static void Item(ArrayBufferWriter<byte> output, byte type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = output.GetSpan(4);
        header[0] = type;
        header[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], checked((ushort)value.Length));
        output.Advance(4);
        output.Write(value);
    }

    private static byte[] Frame(byte type, byte[] body)
    {
        byte[] pdu = new byte[PduReader.HeaderLength + body.Length];
        pdu[0] = type;
        BinaryPrimitives.WriteInt32BigEndian(pdu.AsSpan(2), body.Length);
        body.CopyTo(pdu, PduReader.HeaderLength);
        return pdu;
    }

    private static byte[] Title(string title)
    {
        if (title.Length > 16)
            throw new ArgumentException($"An AE title has at most 16 characters, '{title}' has {title.Length}.", nameof(title));
        return Encoding.ASCII.GetBytes(title.PadRight(16));
    }
}
