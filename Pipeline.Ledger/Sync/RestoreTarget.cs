using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Sync;

/// <summary>Where a backup is restored to.</summary>
/// <param name="ChainsFolder">Receives a folder for each chain.</param>
/// <param name="Journal">Where the journal of a chain goes: the file of its folder, or a schema in PostgreSQL.</param>
public sealed record RestoreTarget(string ChainsFolder, Func<string, ChainJournal> Journal)
{
    /// <summary>Backups of other members are refused; null takes any.</summary>
    public string? Member { get; init; }

    /// <summary>
    /// The operator's word that the member has signed nothing since the backup was made (a planned move): the journal is not marked as an old
    /// copy, and the replica signs as soon as it is in step.
    /// </summary>
    public bool NothingSignedSince { get; init; }
}
