using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// How an offered backbone is tried before it is taken: the chain trains for a while in two branches, one with it and one without, a round of each in turn, and
/// then members vote which goes on. No member alone can tell what an offer does to training together.
/// </summary>
/// <param name="Rounds">Of each branch before members vote.</param>
/// <param name="MaxShare">The most of the chain's rounds that all trials together may take, × 10⁶: half of a trial's rounds are lost to the branch that goes on.</param>
public sealed record TrialPolicy(int Rounds, int MaxShare) : ICanonical<TrialPolicy>
{
    /// <summary>What a setting of the one starts from where there is none of the other.</summary>
    public static TrialPolicy Usual { get; } = new(10, 250_000);

    /// <summary>Rounds that one trial takes.</summary>
    public int TotalRounds => 2 * Rounds;

    /// <summary>Rounds that trials may take on a chain of so many.</summary>
    public int Budget(int rounds) => (int)((long)rounds * MaxShare / 1_000_000);

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Rounds).Int(MaxShare).EndArray();

    public static TrialPolicy ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var policy = new TrialPolicy(reader.Int32(1, 500_000), reader.Int32(1, 1_000_000));
        reader.EndArray();
        return policy;
    }
}
