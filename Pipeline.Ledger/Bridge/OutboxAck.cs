using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>What an outbox leaf of an ack holds; the kind keeps an ack from being taken for a packet.</summary>
public sealed record OutboxAck(PacketAck Ack) : ICanonical<OutboxAck>
{
    private const int Kind = 2;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Kind).Item(Ack).EndArray();

    public static OutboxAck ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        reader.Int32(Kind, Kind);
        var ack = new OutboxAck(reader.Item<PacketAck>());
        reader.EndArray();
        return ack;
    }
}
