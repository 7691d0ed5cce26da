using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>An immutable picture of a learning chain after a block, for any thread.</summary>
/// <param name="Time">Time of the last block (milliseconds since the Unix epoch).</param>
/// <param name="MeanAucPpm">Mean of the members' last reported macro-AUC × 10⁶, or −1.</param>
/// <param name="Channels">One for each trusted chain: light client, next sequence, offer being judged.</param>
/// <param name="Outbox">Proves emitted packets.</param>
public sealed record LearningView(
    long Height, long Time, Digest StateRoot, RoundInfo Round, int MeanAucPpm, IReadOnlyList<BridgeChannel> Channels, Outbox Outbox, GovernanceInfo Governance)
{
    /// <summary>What the next block is made by.</summary>
    public required ChainRules Rules { get; init; }

    public required BridgeInfo Bridge { get; init; }

    /// <summary>In force for the next block.</summary>
    public required RoundPolicy Policy { get; init; }

    /// <summary>An upgrade that members decided and that is not in force yet.</summary>
    public GovernanceAction.Upgrade? PendingUpgrade { get; init; }

    /// <summary>The block that a joiner names to show how far it has followed.</summary>
    public required (long Height, Digest Block) Checkpoint { get; init; }
}
