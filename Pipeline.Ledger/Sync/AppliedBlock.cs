using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>A block of a journal, verified, and what it did.</summary>
/// <param name="Members">Who decided it.</param>
/// <param name="Outcome">Null where this build has no application for the chain.</param>
public sealed record AppliedBlock(CommittedBlock Committed, MemberSet Members, BlockOutcome? Outcome)
{
    public long Height => Committed.Height;

    public Block Block => Committed.Block;
}
