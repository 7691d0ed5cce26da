using System.Numerics;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>An offered backbone that the members' gates are judging.</summary>
/// <param name="Height">The block that offered it.</param>
/// <param name="Accepts">Seats that accepted, as bits.</param>
/// <param name="Refuses">Seats that refused, as bits.</param>
public sealed record AuxiliaryOffer(AuxiliaryPacket Packet, long Height, ulong Accepts, ulong Refuses)
{
    public int AcceptCount => BitOperations.PopCount(Accepts);

    public int RefuseCount => BitOperations.PopCount(Refuses);

    internal void WriteTo(CanonicalWriter writer) =>
        writer.Array(4).Item(Packet).Int(Height).UInt(Accepts).UInt(Refuses).EndArray();
}
