namespace Pipeline.Host.Commands;

/// <summary>Where a person says that journals are; see <see cref="LedgerSource"/>.</summary>
/// <param name="Source">A folder, a site's configuration file, a journal file, or a PostgreSQL connection string.</param>
/// <param name="Chain">Null = every chain there.</param>
public sealed record LedgerPlace(string Source, string? Chain = null);

/// <summary>
/// What <c>pipeline ledger</c> can do. Every method returns an exit code and shows its result to the terminal; a <c>jsonFile</c> receives the
/// same as JSON, null writes none.
/// </summary>
public interface ILedgerOperations
{
    /// <summary>Verifies every journal of a place; <see cref="ExitCode.Failed"/> when a record is wrong.</summary>
    /// <param name="trustedHeader">A block id or a file with a header, up to which no signature is checked; null checks all.</param>
    Task<int> VerifyAsync(LedgerPlace place, string? trustedHeader, string? jsonFile, Terminal terminal, CancellationToken stop);

    /// <summary>Prints a chain's blocks.</summary>
    Task<int> ShowAsync(LedgerPlace place, Terminal terminal, CancellationToken stop);

    /// <summary>Writes a chain as JSON lines.</summary>
    /// <param name="toFile">Null writes to the standard output.</param>
    Task<int> ExportAsync(LedgerPlace place, string? toFile, Terminal terminal, CancellationToken stop);

    /// <summary>Prints one transaction, by the beginning of its id; or one block, by height or the beginning of its id.</summary>
    Task<int> TransactionAsync(LedgerPlace place, string idOrHeight, string? jsonFile, Terminal terminal, CancellationToken stop);

    /// <summary>Says where two journals of a chain part; <see cref="ExitCode.Failed"/> when they do.</summary>
    Task<int> DiffAsync(LedgerPlace a, LedgerPlace b, string? jsonFile, Terminal terminal, CancellationToken stop);

    /// <summary>Prints what made a model.</summary>
    /// <param name="model">The beginning of its digest, or the number of its round.</param>
    Task<int> ProvenanceAsync(LedgerPlace place, string model, string? jsonFile, Terminal terminal, CancellationToken stop);

    /// <summary>Backs the chains of one site up into a file; the site may run meanwhile.</summary>
    Task<int> BackupAsync(LedgerPlace place, string toFile, Terminal terminal, CancellationToken stop);

    /// <summary>Puts a backup back where nothing is yet.</summary>
    /// <param name="to">A site's data directory, made when absent, or its configuration file.</param>
    /// <param name="nothingSignedSince">The operator's word that the backup is no old copy.</param>
    Task<int> RestoreAsync(string file, string to, bool nothingSignedSince, Terminal terminal, CancellationToken stop);
}
