using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's update of a round, by the digest of its payload and n−f members' word that they hold and checked it.</summary>
/// <param name="Base">The model that the update is relative to.</param>
/// <param name="Payload">Digest of the canonical <see cref="SparseUpdate"/>.</param>
/// <param name="PayloadBytes">Its size (bytes).</param>
/// <param name="SpentMicro">On a chain with differential privacy: ε × 10⁶ that the member has spent, this round included; otherwise 0.</param>
public sealed record Contribution(long Round, Digest Base, Digest Payload, long PayloadBytes, IReadOnlyList<StoreAck> Acks, long SpentMicro = 0)
    : ICanonical<Contribution>
{
    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(SpentMicro == 0 ? 5 : 6).Int(Round).Digest(Base).Digest(Payload).Int(PayloadBytes).List(Acks);
        if (SpentMicro != 0)
            writer.Int(SpentMicro);
        writer.EndArray();
    }

    public static Contribution ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(5, 6);
        var contribution = new Contribution(
            reader.Int(1), reader.Digest(), reader.Digest(), reader.Int(1, SparseUpdate.MaxBytes),
            reader.List<StoreAck>(MemberSet.MaxMembers), items == 6 ? reader.Int(1, PrivacyPolicy.MaxSpentMicro) : 0);
        reader.EndArray();
        return contribution;
    }
}
