using System.Buffers.Binary;
using System.Text;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Decodes PDU headers and bodies. Lengths inside a body are bounded by the body, the body by the cap checked at the header.</summary>
public static class PduReader
{
    public const int HeaderLength = 6;
    internal const string ApplicationContext = "1.2.840.10008.3.1.1.1";
    internal const int MaxContexts = 128;

    /// <summary>Checks type and length before the length is believed.</summary>
    /// <returns>The length of the body in bytes.</returns>
    public static Outcome<int> ReadHeader(ReadOnlySpan<byte> header, int cap)
    {
        byte type = header[0];
        if (type is < 1 or > 7)
        {
            string guess = header.StartsWith("GET "u8) || header.StartsWith("POST"u8) || header.StartsWith("HEAD"u8) || header.StartsWith("PUT "u8)
                ? "an HTTP request" : type == 0x16 ? "a TLS handshake" : $"PDU type 0x{type:X2}";
            return new Fault($"Not the DICOM upper layer: {guess}. This port speaks DICOM without TLS.", 0);
        }
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[2..]);
        if (length > cap)
            return new Fault($"A PDU of type {type} claims {length} bytes; the limit is {cap}.", 2);
        if (type is 3 or 5 or 6 or 7 && length != 4)
            return new Fault($"A PDU of type {type} has 4 bytes, this one claims {length}.", 2);
        return (int)length;
    }

    /// <param name="type">1–7, checked by <see cref="ReadHeader"/>.</param>
    public static Outcome<Pdu> ReadBody(byte type, ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> span = body.Span;
        return type switch
        {
            1 => ReadAssociate(span, accept: false),
            2 => ReadAssociate(span, accept: true),
            3 => new Pdu.AssociateReject((RejectResult)span[1], (RejectSource)span[2], span[3]),
            4 => ReadData(body),
            5 => new Pdu.ReleaseRequest(),
            6 => new Pdu.ReleaseResponse(),
            _ => new Pdu.Abort((AbortSource)span[2], span[3]),
        };
    }

    private static Outcome<Pdu> ReadData(ReadOnlyMemory<byte> body)
    {
        var values = new List<PresentationDataValue>(1);
        int at = 0;
        while (at < body.Length)
        {
            ReadOnlySpan<byte> rest = body.Span[at..];
            if (rest.Length < 6)
                return new Fault("A presentation data value ends inside its header.", at);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length < 2 || length > rest.Length - 4)
                return new Fault($"A presentation data value claims {length} bytes, {rest.Length - 4} are left.", at);
            byte control = rest[5];
            values.Add(new PresentationDataValue(rest[4], (control & 1) != 0, (control & 2) != 0, body.Slice(at + 6, (int)length - 2)));
            at += 4 + (int)length;
        }
        return values.Count == 0 ? new Fault("P-DATA-TF without a presentation data value.", 0) : new Pdu.DataTransfer(values);
    }

    private static Outcome<Pdu> ReadAssociate(ReadOnlySpan<byte> body, bool accept)
    {
        if (body.Length < 68)
            return new Fault($"A-ASSOCIATE needs 68 bytes, this one has {body.Length}.", 0);
        ushort version = BinaryPrimitives.ReadUInt16BigEndian(body);
        string called = Printable(body.Slice(4, 16)), calling = Printable(body.Slice(20, 16));
        var proposed = new List<PresentationContext>();
        var results = new List<PresentationContextResult>();
        var user = new UserInformationReader();
        string application = "";
        for (int at = 68; at < body.Length;)
        {
            Outcome<int> item = Item(body, at);
            if (!item.Ok)
                return item.Fault;
            ReadOnlySpan<byte> value = body.Slice(at + 4, item.Value);
            Fault? fault = null;
            switch (body[at])
            {
                case 0x10:
                    application = Printable(value);
                    break;
                case 0x20 or 0x21 when proposed.Count + results.Count >= MaxContexts:
                    return new Fault($"More than {MaxContexts} presentation contexts.", at);
                case 0x20:
                    fault = ReadProposal(value, at + 4, proposed);
                    break;
                case 0x21:
                    fault = ReadResult(value, at + 4, results);
                    break;
                case 0x50:
                    fault = user.Read(value, at + 4);
                    break;
            }
            if (fault is not null)
                return fault;
            at += 4 + item.Value;
        }
        return accept
            ? new Pdu.AssociateAccept(called, calling, results, user.MaxLength) { Items = user.Items }
            : new Pdu.AssociateRequest(called, calling, proposed, user.MaxLength, version) { ApplicationContext = application, Items = user.Items };
    }

    private static Fault? ReadProposal(ReadOnlySpan<byte> value, int offset, List<PresentationContext> into)
    {
        if (value.Length < 4)
            return new Fault("A presentation context is shorter than 4 bytes.", offset);
        string abstractSyntax = "";
        var transferSyntaxes = new List<string>();
        for (int at = 4; at < value.Length;)
        {
            Outcome<int> item = Item(value, at);
            if (!item.Ok)
                return item.Fault with { Offset = offset + at };
            string uid = Printable(value.Slice(at + 4, item.Value));
            if (value[at] == 0x30)
                abstractSyntax = uid;
            else if (value[at] == 0x40)
                transferSyntaxes.Add(uid);
            at += 4 + item.Value;
        }
        into.Add(new PresentationContext(value[0], abstractSyntax, transferSyntaxes));
        return null;
    }

    private static Fault? ReadResult(ReadOnlySpan<byte> value, int offset, List<PresentationContextResult> into)
    {
        if (value.Length < 4)
            return new Fault("A presentation context is shorter than 4 bytes.", offset);
        string syntax = "";
        if (value.Length > 4)
        {
            Outcome<int> item = Item(value, 4);
            if (!item.Ok)
                return item.Fault with { Offset = offset + 4 };
            syntax = Printable(value.Slice(8, item.Value));
        }
        into.Add(new PresentationContextResult(value[0], (ContextResult)value[2], syntax));
        return null;
    }

    /// <summary>The length of the item at <paramref name="at"/>, which lies within the body.</summary>
    internal static Outcome<int> Item(ReadOnlySpan<byte> body, int at)
    {
        if (body.Length - at < 4)
            return new Fault("An item ends inside its header.", at);
        int length = BinaryPrimitives.ReadUInt16BigEndian(body[(at + 2)..]);
        return length > body.Length - at - 4 ? new Fault($"Item 0x{body[at]:X2} claims {length} bytes, {body.Length - at - 4} are left.", at) : length;
    }

    /// <summary>Without padding, at most the 64 characters of a UID; what neither a title nor a UID may hold becomes '?', so that it can be logged and matches nothing.</summary>
    internal static string Printable(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.Latin1.GetString(bytes[..Math.Min(64, bytes.Length)]).Trim(' ', '\0');
        return text.All(IsPrintable) ? text : new string([.. text.Select(c => IsPrintable(c) ? c : '?')]);

        static bool IsPrintable(char c) => c is >= ' ' and <= '~';
    }
}
