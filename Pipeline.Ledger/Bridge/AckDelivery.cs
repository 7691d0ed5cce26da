using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>Brings the answer of another chain to a packet of this one, with its proof under a header of the answering chain.</summary>
public sealed record AckDelivery(PacketAck Ack, PacketProof Proof) : ICanonical<AckDelivery>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Item(Ack).Item(Proof).EndArray();

    public static AckDelivery ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var delivery = new AckDelivery(reader.Item<PacketAck>(), reader.Item<PacketProof>());
        reader.EndArray();
        return delivery;
    }
}
