using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's own word, with a contribution, on what its training has cost its patients so far.</summary>
/// <param name="Round">The round it contributed to.</param>
/// <param name="SpentMicro">ε × 10⁶ at the policy's δ, this round included.</param>
public sealed record PrivacySpent(string Member, long Round, long SpentMicro) : IChainEvent, ICanonical<PrivacySpent>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Text(Member).Int(Round).Int(SpentMicro).EndArray();

    public static PrivacySpent ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var spent = new PrivacySpent(reader.Text(Crypto.Member.MaxIdLength), reader.Int(1), reader.Int(1, PrivacyPolicy.MaxSpentMicro));
        reader.EndArray();
        return spent;
    }
}
