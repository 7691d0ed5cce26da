using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>The whole state of a <see cref="RoundMachine"/>: its canonical bytes are part of the state root, and it is restored from them.</summary>
/// <param name="Contributions">By seat; null = none in the newest round.</param>
/// <param name="Attestations">By seat, likewise.</param>
/// <param name="Metrics">By seat: the last that the member reported.</param>
/// <param name="Excluded">By seat.</param>
/// <param name="Blends">Accepted backbones that wait for a round to close, or for a trial, in order.</param>
/// <param name="Finals">The newest final rounds that training descends from, oldest first; in a trial those of the own branch.</param>
/// <param name="Closed">The newest rounds that closed, oldest first.</param>
public sealed record RoundSnapshot(
    RoundPhase Phase, bool Paused, long Round, long LastRound, Digest Base, Digest Seed, long DeadlineHeight,
    IReadOnlyList<Contribution?> Contributions, IReadOnlyList<Attestation?> Attestations, IReadOnlyList<Metrics?> Metrics,
    IReadOnlyList<bool> Excluded, IReadOnlyList<AuxiliaryBlend> Blends, IReadOnlyList<FinalRound> Finals, IReadOnlyList<RoundClosed> Closed,
    GovernedRounds? Governance = null)
    : ICanonical<RoundSnapshot>
{
    /// <summary>What each member last reported to have spent of its privacy budget, by id; empty on a chain without differential privacy.</summary>
    public IReadOnlyList<PrivacySpent> Spent { get; init; } = [];

    /// <summary>Null where the chain never had a trial.</summary>
    public TrialSnapshot? Trials { get; init; }

    /// <summary>Of the newest round; while members judge a trial, the own one.</summary>
    public RoundBranch Branch => Trials?.BranchOf(Round) ?? default;

    /// <summary>Accepted backbones that may wait; more are refused by <see cref="RoundMachine.Schedule"/>.</summary>
    public const int MaxBlends = 64;

    public void WriteTo(CanonicalWriter writer)
    {
        int items = Trials is not null ? 17 : Spent.Count > 0 ? 16 : Governance is null ? 14 : 15;
        writer.Array(items).Int((int)Phase).Bool(Paused).Int(Round).Int(LastRound).Digest(Base).Digest(Seed).Int(DeadlineHeight)
            .Optionals(Contributions).Optionals(Attestations).Optionals(Metrics).Array(Excluded.Count);
        foreach (bool excluded in Excluded)
            writer.Bool(excluded);
        writer.EndArray().List(Blends).List(Finals).List(Closed);
        if (items >= 16)
            writer.List(Governance is null ? [] : new[] { Governance }).List(Spent);
        else if (Governance is not null)
            writer.Item(Governance);
        if (Trials is not null)
            writer.Item(Trials);
        writer.EndArray();
    }

    public static RoundSnapshot ReadFrom(CanonicalReader reader)
    {
        int items = reader.ArrayHeader(17);
        if (items < 14)
            throw new CanonicalFormatException($"rounds of {items} items; they have 14 to 17");
        var phase = (RoundPhase)reader.Int32(0, (int)RoundPhase.Judging);
        bool paused = reader.Bool();
        long round = reader.Int(0), lastRound = reader.Int(0);
        Digest model = reader.Digest(), seed = reader.Digest();
        long deadline = reader.Int(0);
        var contributions = reader.Optionals<Contribution>(MemberSet.MaxMembers);
        var attestations = reader.Optionals<Attestation>(MemberSet.MaxMembers);
        var metrics = reader.Optionals<Metrics>(MemberSet.MaxMembers);
        var excluded = new bool[reader.ArrayHeader(MemberSet.MaxMembers)];
        for (int i = 0; i < excluded.Length; i++)
            excluded[i] = reader.Bool();
        reader.EndArray();
        var snapshot = new RoundSnapshot(
            phase, paused, round, lastRound, model, seed, deadline, contributions, attestations, metrics, excluded,
            reader.List<AuxiliaryBlend>(MaxBlends), reader.List<FinalRound>(RoundMachine.RememberedFinals),
            reader.List<RoundClosed>(RoundMachine.RememberedRounds),
            items == 15 ? reader.Item<GovernedRounds>() : items >= 16 ? reader.List<GovernedRounds>(1).FirstOrDefault() : null)
        {
            Spent = items >= 16 ? reader.List<PrivacySpent>(4 * MemberSet.MaxMembers) : [],
            Trials = items == 17 ? reader.Item<TrialSnapshot>() : null,
        };
        reader.EndArray();
        return snapshot;
    }
}
