using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>The receiving chain's answer to a packet, a leaf of its own outbox: proved to the source chain as packets are.</summary>
/// <param name="SourceChain">The chain that emitted the packet.</param>
/// <param name="Sequence">The packet's sequence toward the acking chain.</param>
public sealed record PacketAck(Digest SourceChain, long Sequence, PacketError Error) : ICanonical<PacketAck>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Digest(SourceChain).Int(Sequence).Int((int)Error).EndArray();

    public static PacketAck ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var ack = new PacketAck(reader.Digest(), reader.Int(1), (PacketError)reader.Int32(0, (int)PacketError.Privacy));
        reader.EndArray();
        return ack;
    }
}
