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
    long Height, long Time, Digest StateRoot, RoundInfo Round, int MeanAucPpm, IReadOnlyList<BridgeChannel> Channels, Outbox Outbox, GovernanceInfo Governance);
