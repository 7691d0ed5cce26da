using Microsoft.Data.Sqlite;
using Npgsql;

namespace Pipeline.Ledger.Consensus;

/// <summary>Says in a sentence why a journal did not read or write, and what to do about it.</summary>
public static class JournalFault
{
    // https://sqlite.org/rescode.html
    private const int SqliteReadOnly = 8;
    private const int SqliteIoError = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteCantOpen = 14;
    private const int SqliteNotADatabase = 26;
    private const int SqliteConstraintPrimaryKey = 1555;
    private const int SqliteConstraintUnique = 2067;

    private const string OtherWriter =
        "another process writes this journal; one member runs on one journal, so stop the other process and start this one again";

    private const string Damaged =
        "the file is damaged; 'pipeline ledger verify' names the first bad record, 'pipeline ledger restore' brings back a backup";

    /// <param name="cause">What the driver or the journal plug-in threw; the innermost known error decides.</param>
    public static string Describe(Exception? cause) => Causes(cause).Select(Known).FirstOrDefault(said => said is not null)
        ?? cause?.GetBaseException().Message ?? "no reason was given";

    private static IEnumerable<Exception> Causes(Exception? cause) => cause switch
    {
        null => [],
        AggregateException many => many.InnerExceptions.SelectMany(Causes),
        _ => Causes(cause.InnerException).Append(cause),
    };

    private static string? Known(Exception cause) => cause switch
    {
        SqliteException sqlite => OfSqlite(sqlite),
        PostgresException postgres => OfPostgres(postgres),
        NpgsqlException npgsql => $"the server does not answer ({npgsql.Message}); is it up, and does the connection string name it?",
        UnauthorizedAccessException denied => $"{denied.Message}; the site's account must own its data directory",
        _ => null,
    };

    private static string OfSqlite(SqliteException e) => e.SqliteErrorCode switch
    {
        SqliteReadOnly => "the file or the disk is read-only; make the folder writable for the site's account",
        SqliteFull => "the disk is full; free some space and start the site again: nothing that was acknowledged is lost",
        SqliteIoError => $"the disk failed ({e.Message}); check the disk before the site is started again",
        SqliteCorrupt or SqliteNotADatabase => Damaged,
        SqliteCantOpen => "the file cannot be opened or made, or the disk is read-only; make the folder writable for the site's account",
        _ when e.SqliteExtendedErrorCode is SqliteConstraintUnique or SqliteConstraintPrimaryKey => OtherWriter,
        _ => e.Message,
    };

    /// <summary>https://www.postgresql.org/docs/current/errcodes-appendix.html</summary>
    private static string OfPostgres(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation => OtherWriter,
        PostgresErrorCodes.DiskFull => "the server's disk is full; free some space and start the site again: nothing that was acknowledged is lost",
        PostgresErrorCodes.ReadOnlySqlTransaction => "the server is read-only (a standby, or default_transaction_read_only); connect to the primary",
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
            $"the server reports damaged data ({e.MessageText}); restore the database, or a backup by 'pipeline ledger restore'",
        PostgresErrorCodes.InsufficientPrivilege => $"{e.MessageText}; grant the site's role CREATE on the database, or make the schema for it",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"{e.MessageText}; see user and password in the connection string",
        PostgresErrorCodes.InvalidCatalogName => $"{e.MessageText}; create it, or name another in the connection string",
        _ => $"{e.MessageText} (SQLSTATE {e.SqlState})",
    };
}
