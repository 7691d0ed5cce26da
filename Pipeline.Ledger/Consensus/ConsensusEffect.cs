using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Consensus;

/// <summary>The steps of a round that a time-out can end.</summary>
public enum ConsensusStep
{
    Propose = 0,
    Prevote = 1,
    Precommit = 2,
}

/// <summary>
/// What the core asks its shell to do, in order. A shell completes every <see cref="Persist"/> before it runs any effect after it; it may
/// gather the persists of one list into one atomic write ahead of the rest.
/// </summary>
public abstract record ConsensusEffect
{
    public sealed record Persist(IReadOnlyList<JournalRecord> Records) : ConsensusEffect;

    /// <summary>To every other member.</summary>
    public sealed record Broadcast(ChainMessage Message) : ConsensusEffect;

    public sealed record ScheduleTimeout(long Height, int Round, ConsensusStep Step) : ConsensusEffect;

    /// <summary>Answer with <see cref="ConsensusCore.ProposalReady"/>.</summary>
    public sealed record RequestProposal(long Height, int Round) : ConsensusEffect;

    /// <summary>Final. The shell executes the block and then calls <see cref="ConsensusCore.Begin"/> for the next height.</summary>
    public sealed record Decide(CommittedBlock Block) : ConsensusEffect;

    /// <summary>A member works on a height that is decided here: send it the block of that height.</summary>
    public sealed record Lagging(int Seat, long Height) : ConsensusEffect;

    /// <summary>A member claims to work on a height above the own: there may be blocks to fetch.</summary>
    public sealed record Behind(int Seat, long Height) : ConsensusEffect;

    public sealed record EvidenceFound(Equivocation Evidence) : ConsensusEffect;

    /// <summary>Others hold signatures of ours that the journal does not know: nothing is signed up to and including this height.</summary>
    public sealed record AmnesiaFound(long Height) : ConsensusEffect;

    /// <summary>A quorum committed a block that is invalid here: this replica's state is not the chain's. The shell must stop.</summary>
    public sealed record Diverged(long Height, string Reason) : ConsensusEffect;
}
