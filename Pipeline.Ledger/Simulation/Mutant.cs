using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Simulation;

/// <summary>A deliberately broken replica, with which the simulator proves that it would notice the fault.</summary>
/// <param name="LosePersists">Per mille of persists that the journal acknowledges and loses.</param>
/// <param name="IsJudgedByJournal">
/// Whether sending ahead of the journal is held against it. Most mutants are judged by what their fault leads to alone.
/// </param>
/// <param name="IsRolledBack">Whether journals are replaced by older copies: nobody without the guard against that survives it.</param>
internal sealed record Mutant(
    string Name, ConsensusRules Rules, int LosePersists = 0, bool IsJudgedByJournal = false, bool IsRolledBack = false)
{
    // The guard would mute a mutant before its own fault shows.
    private static readonly ConsensusRules Unguarded = new() { IgnoreAmnesia = true };

    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("state-ahead-of-journal", Unguarded with { SendBeforePersist = true }),
        new("lost-persists", Unguarded, LosePersists: 100),
        new("votes-forgotten-on-restart", Unguarded with { ForgetVotes = true }),
        new("votes-and-locks-forgotten-on-restart", Unguarded with { ForgetVotes = true, ForgetLocks = true }),
        new("locks-forgotten-on-restart", Unguarded with { ForgetLocks = true }),
        new("lock-persisted-after-vote", Unguarded with { LockAfterVote = true }),
        new("round-entry-not-persisted", Unguarded with { ForgetEntry = true }, IsJudgedByJournal: true),
        new("rollback-unnoticed", Unguarded, IsRolledBack: true),
        new("no-polka-certificates", Unguarded with { NoPolkaCertificates = true }),
        new("valid-round-unproved", Unguarded with { TrustValidRound = true }),
        new("locks-ignored", Unguarded with { IgnoreLock = true }),
        new("no-round-skip", Unguarded with { NoRoundSkip = true }),
        new("nothing-repeated", Unguarded with { NoRebroadcast = true }),
        new("small-quorum", Unguarded with { SmallQuorum = true }),
    ];
}
