using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>What an outbox leaf of a packet holds; the kind keeps a packet from being taken for an ack.</summary>
public sealed record OutboxPacket(AuxiliaryPacket Packet) : ICanonical<OutboxPacket>
{
    private const int Kind = 1;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Kind).Item(Packet).EndArray();

    public static OutboxPacket ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        reader.Int32(Kind, Kind);
        var packet = new OutboxPacket(reader.Item<AuxiliaryPacket>());
        reader.EndArray();
        return packet;
    }
}
