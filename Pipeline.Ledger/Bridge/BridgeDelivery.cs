using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// Brings a packet of another chain with its proof. An offer needs n−f acks that members of the receiving chain hold and checked the
/// backbone payload; a packet that can never be offered (expired, another layout …) is consumed with an error ack and needs none.
/// </summary>
public sealed record BridgeDelivery(AuxiliaryPacket Packet, PacketProof Proof, IReadOnlyList<StoreAck> Acks) : ICanonical<BridgeDelivery>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Item(Packet).Item(Proof).List(Acks).EndArray();

    public static BridgeDelivery ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var delivery = new BridgeDelivery(
            reader.Item<AuxiliaryPacket>(), reader.Item<PacketProof>(), reader.List<StoreAck>(MemberSet.MaxMembers));
        reader.EndArray();
        return delivery;
    }
}
