using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>An immutable picture of the round state after a block.</summary>
/// <param name="Round">The newest round that was opened.</param>
/// <param name="Base">The current round's base model; while members judge a trial, that of the own branch; once completed, the final model.</param>
/// <param name="Contributions">So far, by seat.</param>
/// <param name="Attested">Members that attested the closed round, by seat.</param>
/// <param name="LastRound">The round after which training is complete.</param>
/// <param name="Finals">
/// The newest final rounds that training descends from, oldest first; it can be restarted from them. In a trial those of the own branch: of the offered one only
/// what members accept is descended from.
/// </param>
/// <param name="Excluded">Members whose contributions are refused because they equivocated, by seat.</param>
/// <param name="Withdrawn">Members that take no part by their own decision, by seat.</param>
public sealed record RoundInfo(
    RoundPhase Phase, long Round, Digest Base, Digest Seed, long DeadlineHeight, IReadOnlyList<RoundContribution> Contributions,
    IReadOnlyList<string> Attested, bool Paused, long LastRound, IReadOnlyList<FinalRound> Finals, IReadOnlyList<string> Excluded,
    IReadOnlyList<string> Withdrawn)
{
    /// <summary>What each member last reported to have spent of its privacy budget, by id.</summary>
    public IReadOnlyList<PrivacySpent> Spent { get; init; } = [];

    /// <summary>The branch of the newest round; while members judge a trial, the own one.</summary>
    public RoundBranch Branch { get; init; }

    /// <summary>The trial under way, or null.</summary>
    public TrialInfo? Trial { get; init; }

    /// <summary>ε × 10⁶ that a member last reported; 0 where it never did.</summary>
    public long SpentBy(string member) => Spent.FirstOrDefault(s => s.Member == member)?.SpentMicro ?? 0;
}

/// <param name="Model">Digest of the model that n−f members attested.</param>
public sealed record FinalRound(long Round, Digest Model) : ICanonical<FinalRound>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Round).Digest(Model).EndArray();

    public static FinalRound ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var final = new FinalRound(reader.Int(1), reader.Digest());
        reader.EndArray();
        return final;
    }
}
