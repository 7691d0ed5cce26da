using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Consensus;

/// <summary>What makes a block acceptable at the height the core works on.</summary>
public interface IBlockRules
{
    /// <summary>Deterministic on the state after the parent: null when the block is valid, otherwise what is wrong.</summary>
    string? Validate(Block block);

    /// <summary>Whether a fresh proposal's time is close enough to this member's clock. Not asked of blocks that a quorum prevoted.</summary>
    bool IsTimely(Block block);
}
