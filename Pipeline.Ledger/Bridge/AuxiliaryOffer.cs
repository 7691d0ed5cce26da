using System.Numerics;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>An offered backbone that the members' gates are judging.</summary>
/// <param name="Height">The block that offered it.</param>
/// <param name="Accepts">Seats that accepted, as bits.</param>
/// <param name="Refuses">Seats that refused, as bits.</param>
public sealed record AuxiliaryOffer(AuxiliaryPacket Packet, long Height, ulong Accepts, ulong Refuses) : ICanonical<AuxiliaryOffer>
{
    public int AcceptCount => BitOperations.PopCount(Accepts);

    public int RefuseCount => BitOperations.PopCount(Refuses);

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(4).Item(Packet).Int(Height).UInt(Accepts).UInt(Refuses).EndArray();

    public static AuxiliaryOffer ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var offer = new AuxiliaryOffer(reader.Item<AuxiliaryPacket>(), reader.Int(1), reader.UInt(), reader.UInt());
        reader.EndArray();
        return offer;
    }
}
