using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// How an offered backbone is tried before it is taken: the chain trains for a while in two branches, one with it and one without, a round of each in turn, and
/// then members vote which goes on. No member alone can tell what an offer does to training together.
/// </summary>
/// <param name="Rounds">Of each branch before members vote.</param>
/// <param name="MaxShare">The most of the chain's rounds that all trials together may take, × 10⁶: half of a trial's rounds are lost to the branch that goes on.</param>
/// <param name="MinGainPpm">What the branch with the backbone has to gain, macro-AUC × 10⁶, in the mean of the members' votes without the f highest and the f lowest.</param>
public sealed record TrialPolicy(int Rounds, int MaxShare, int MinGainPpm) : ICanonical<TrialPolicy>
{
    /// <summary>What a setting of the one starts from where there is none of the other.</summary>
    public static TrialPolicy Usual { get; } = new(24, 200_000, 50_000);

    /// <summary>Rounds that one trial takes.</summary>
    public int TotalRounds => 2 * Rounds;

    /// <summary>Rounds that trials may take on a chain of so many.</summary>
    public int Budget(int rounds) => (int)((long)rounds * MaxShare / 1_000_000);

    /// <summary>
    /// The trimmed mean of votes: whatever f false members say, it lies among what honest ones said.
    /// </summary>
    /// <param name="gains">More than 2f, each in steps of <see cref="TrialVote.StepPpm"/>.</param>
    /// <returns>AUC × 10⁶, rounded towards zero.</returns>
    public static int MiddlePpm(IEnumerable<int> gains, int faults)
    {
        int[] kept = [.. gains.Order().Skip(faults).SkipLast(faults)];
        return kept.Sum() * TrialVote.StepPpm / kept.Length;
    }

    /// <summary>Whether the branch with the backbone gains enough by these votes (<see cref="MiddlePpm"/>).</summary>
    public bool Accepts(IEnumerable<int> gains, int faults) => MiddlePpm(gains, faults) >= MinGainPpm;

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Rounds).Int(MaxShare).Int(MinGainPpm).EndArray();

    public static TrialPolicy ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var policy = new TrialPolicy(reader.Int32(1, 500_000), reader.Int32(1, 1_000_000), reader.Int32(1, 1_000_000));
        reader.EndArray();
        return policy;
    }
}
