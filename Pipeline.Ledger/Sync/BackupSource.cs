using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Sync;

/// <summary>What of one chain at one site goes into a backup.</summary>
/// <param name="PayloadFolder">Of its payload store; null where it is not at hand.</param>
public sealed record BackupSource(ChainJournal Journal, string? PayloadFolder);
