using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// What exchanges say to each other on the payload lane: a canonical array whose first item is the type. The link attributes the sender;
/// only acks are signed, since only they are shown to others.
/// </summary>
public abstract record PayloadMessage : ICanonical<PayloadMessage>
{
    private PayloadMessage() { }

    private enum MessageType
    {
        Announce = 1,
        Want = 2,
        Have = 3,
        NotHave = 4,
        GetChunk = 5,
        Chunk = 6,
        Ack = 7,
    }

    /// <summary>"I made this payload; fetch it, check it as <paramref name="Kind"/> and acknowledge it."</summary>
    public sealed record Announce(int Kind, Digest Payload, long Size, Digest ChunkRoot) : PayloadMessage;

    /// <summary>"Who holds this?" Answered by <see cref="Have"/> or <see cref="NotHave"/>.</summary>
    public sealed record Want(Digest Payload) : PayloadMessage;

    public sealed record Have(Digest Payload, long Size, Digest ChunkRoot) : PayloadMessage;

    public sealed record NotHave(Digest Payload) : PayloadMessage;

    public sealed record GetChunk(Digest Payload, int Index) : PayloadMessage;

    /// <param name="Path">RFC 9162 audit path of the chunk among the payload's chunks.</param>
    public sealed record Chunk(Digest Payload, int Index, byte[] Bytes, IReadOnlyList<Digest> Path) : PayloadMessage;

    public sealed record Ack(StoreAck StoreAck) : PayloadMessage;

    public byte[] Encode() => Canonical.Encode(this);

    public void WriteTo(CanonicalWriter writer)
    {
        switch (this)
        {
            case Announce m:
                writer.Array(5).Int((int)MessageType.Announce).Int(m.Kind).Digest(m.Payload).Int(m.Size).Digest(m.ChunkRoot).EndArray();
                break;
            case Want m:
                writer.Array(2).Int((int)MessageType.Want).Digest(m.Payload).EndArray();
                break;
            case Have m:
                writer.Array(4).Int((int)MessageType.Have).Digest(m.Payload).Int(m.Size).Digest(m.ChunkRoot).EndArray();
                break;
            case NotHave m:
                writer.Array(2).Int((int)MessageType.NotHave).Digest(m.Payload).EndArray();
                break;
            case GetChunk m:
                writer.Array(3).Int((int)MessageType.GetChunk).Digest(m.Payload).Int(m.Index).EndArray();
                break;
            case Chunk m:
                writer.Array(5).Int((int)MessageType.Chunk).Digest(m.Payload).Int(m.Index).Bytes(m.Bytes).Array(m.Path.Count);
                foreach (var sibling in m.Path)
                    writer.Digest(sibling);
                writer.EndArray().EndArray();
                break;
            case Ack m:
                writer.Array(2).Int((int)MessageType.Ack).Item(m.StoreAck).EndArray();
                break;
            default:
                throw new InvalidOperationException($"{GetType().Name} has no wire form");
        }
    }

    public static PayloadMessage ReadFrom(CanonicalReader reader)
    {
        int items = reader.ArrayHeader(5);
        var type = (MessageType)reader.Int32((int)MessageType.Announce, (int)MessageType.Ack);
        (int Items, Func<CanonicalReader, PayloadMessage> Read) schema = type switch
        {
            MessageType.Announce => (5, r => new Announce(r.Int32(0, ushort.MaxValue), r.Digest(), r.Int(1), r.Digest())),
            MessageType.Want => (2, r => new Want(r.Digest())),
            MessageType.Have => (4, r => new Have(r.Digest(), r.Int(1), r.Digest())),
            MessageType.NotHave => (2, r => new NotHave(r.Digest())),
            MessageType.GetChunk => (3, r => new GetChunk(r.Digest(), r.Int32(0, PayloadChunks.MaxCount - 1))),
            MessageType.Chunk => (5, r => new Chunk(r.Digest(), r.Int32(0, PayloadChunks.MaxCount - 1), r.Bytes(PayloadChunks.Size), ReadPath(r))),
            _ => (2, r => new Ack(r.Item<StoreAck>())),
        };
        if (items != schema.Items)
            throw new CanonicalFormatException($"{type} of {items} items where {schema.Items} are required");
        var message = schema.Read(reader);
        reader.EndArray();
        return message;
    }

    private static Digest[] ReadPath(CanonicalReader reader)
    {
        var path = new Digest[reader.ArrayHeader(PayloadChunks.MaxPathLength)];
        for (int i = 0; i < path.Length; i++)
            path[i] = reader.Digest();
        reader.EndArray();
        return path;
    }
}
