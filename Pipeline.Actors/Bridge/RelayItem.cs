using Pipeline.Ledger.Bridge;

namespace Pipeline.Actors.Bridge;

/// <summary>What a relay has to say to the receiving chain.</summary>
internal abstract record RelayItem
{
    /// <summary>A packet, whose payload has to be stored there before.</summary>
    public sealed record Packet(AuxiliaryPacket Content, PacketProof Proof) : RelayItem;

    public sealed record Ack(AckDelivery Delivery) : RelayItem;

    public sealed record News(ClientUpdate Update) : RelayItem;
}
