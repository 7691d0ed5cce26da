using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's update of a round, by the digest of its payload and n−f members' word that they hold and checked it.</summary>
/// <param name="Base">The model that the update is relative to.</param>
/// <param name="Payload">Digest of the canonical <see cref="SparseUpdate"/>.</param>
/// <param name="PayloadBytes">Its size (bytes).</param>
public sealed record Contribution(long Round, Digest Base, Digest Payload, long PayloadBytes, IReadOnlyList<StoreAck> Acks)
    : ICanonical<Contribution>
{
    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(5).Int(Round).Digest(Base).Digest(Payload).Int(PayloadBytes).List(Acks).EndArray();

    public static Contribution ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        var contribution = new Contribution(
            reader.Int(1), reader.Digest(), reader.Digest(), reader.Int(1, SparseUpdate.MaxBytes),
            reader.List<StoreAck>(MemberSet.MaxMembers));
        reader.EndArray();
        return contribution;
    }
}
