using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Sync;

/// <summary>A block of a journal, verified, and what it did.</summary>
/// <param name="Outcome">Null where this build has no application for the chain.</param>
public sealed record AppliedBlock(CommittedBlock Committed, BlockOutcome? Outcome)
{
    public long Height => Committed.Height;

    public Block Block => Committed.Block;
}
