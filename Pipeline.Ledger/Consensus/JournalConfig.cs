using System.Data.Common;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Npgsql;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// One journal plug-in per chain, to be given to the ActorSystem at start or, later, to <c>Settings.InjectTopLevelFallback</c> before the
/// replica starts. The serializer (<see cref="LedgerSerializer.Config"/>) must be there from the start.
/// </summary>
public static class JournalConfig
{
    public static string PluginId(string chain) => $"akka.persistence.journal.{chain}";

    /// <summary>The persistence id under which a member's replica of a chain keeps its records.</summary>
    public static string OwnerOf(string chain, string member) => $"chain-{chain}-{member}";

    /// <summary>
    /// Makes the journal's folder or schema where it is absent, sees to it that what the journal acknowledges survives a power cut, and
    /// returns the plug-in's configuration.
    /// </summary>
    /// <param name="owner">Whose records it may hold (<see cref="OwnerOf"/>); null accepts anyone's.</param>
    /// <exception cref="ArgumentException"><paramref name="chain"/> is not lower-case kebab.</exception>
    /// <exception cref="JournalUnavailableException">The file or the server cannot be used, or the journal is another member's.</exception>
    public static Config Create(string chain, ChainJournal journal, string? owner = null)
    {
        if (!Genesis.IsChainName(chain))
            throw new ArgumentException($"chain name '{chain}' is not lower-case kebab", nameof(chain));
        return journal switch
        {
            ChainJournal.Sqlite sqlite => Plugin(chain, "SQLite.MS", PrepareSqlite(sqlite, owner), ""),
            ChainJournal.PostgreSql postgres =>
                Plugin(chain, "PostgreSQL.15", PreparePostgreSql(postgres, owner), $"default.schema-name = {postgres.Schema}"),
            _ => throw new ArgumentOutOfRangeException(nameof(journal)),
        };
    }

    /// <summary>Releases the pooled connections, so that the file can be moved or deleted. Call after the ActorSystem has stopped.</summary>
    public static void CloseSqlite() => SqliteConnection.ClearAllPools();

    /// <summary>Releases the pooled connections of one journal.</summary>
    public static void Close(ChainJournal journal)
    {
        if (journal is ChainJournal.Sqlite sqlite)
        {
            using var connection = new SqliteConnection(ConnectionString(sqlite));
            SqliteConnection.ClearPool(connection);
        }
        else if (journal is ChainJournal.PostgreSql postgres)
        {
            using var connection = new NpgsqlConnection(postgres.ConnectionString);
            NpgsqlConnection.ClearPool(connection);
        }
    }

    private static string ConnectionString(ChainJournal.Sqlite journal) =>
        new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(journal.File) }.ToString();

    /// <summary>
    /// WAL is a property of the file, set before the plug-in opens it; <c>synchronous</c> is FULL in this build of SQLite. An empty transaction
    /// shows whether the file can be written.
    /// </summary>
    private static string PrepareSqlite(ChainJournal.Sqlite journal, string? owner)
    {
        string connectionString = ConnectionString(journal);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(journal.File))!);
            // Not pooled: a connection that SQLite could open for reading alone would wait there for the plug-in.
            using var connection = new SqliteConnection(connectionString + ";Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT";
            command.ExecuteNonQuery();
            RequireOwner(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'journal'", "journal", journal, owner);
            return connectionString;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException($"journal {journal} cannot be opened: {JournalFault.Describe(e)}", e);
        }
    }

    private static string PreparePostgreSql(ChainJournal.PostgreSql journal, string? owner)
    {
        try
        {
            using var connection = new NpgsqlConnection(journal.ConnectionString);
            connection.Open();
            RequireDurable(connection, journal);
            using var create = new NpgsqlCommand($"CREATE SCHEMA IF NOT EXISTS {journal.QuotedSchema}", connection);
            create.ExecuteNonQuery();
            RequireOwner(
                connection, $"SELECT count(*) FROM pg_tables WHERE schemaname = '{journal.Schema}' AND tablename = 'journal'",
                $"{journal.QuotedSchema}.journal", journal, owner);
            return journal.ConnectionString;
        }
        catch (NpgsqlException e)
        {
            throw new JournalUnavailableException($"journal {journal} cannot be opened: {JournalFault.Describe(e)}", e);
        }
    }

    /// <summary>A vote leaves when the server has said that its record is durable: it must not say so before it is.</summary>
    private static void RequireDurable(NpgsqlConnection connection, ChainJournal.PostgreSql journal)
    {
        foreach (string setting in (string[])["fsync", "synchronous_commit"])
        {
            using var show = new NpgsqlCommand($"SHOW {setting}", connection);
            if (show.ExecuteScalar() is "off")
            {
                throw new JournalUnavailableException(
                    $"journal {journal}: the server runs with {setting} = off and would lose acknowledged votes in a power cut; set it to on");
            }
        }
    }

    /// <summary>A member that finds another's records would begin its own beside them, having forgotten whatever it signed.</summary>
    /// <param name="exists">Counts the table.</param>
    private static void RequireOwner(DbConnection connection, string exists, string table, ChainJournal journal, string? owner)
    {
        using var command = connection.CreateCommand();
        command.CommandText = exists;
        if (owner is null || command.ExecuteScalar() is 0L)
            return;
        foreach (string end in (string[])["min", "max"])
        {
            command.CommandText = $"SELECT {end}(persistence_id) FROM {table}";
            if (command.ExecuteScalar() is string found && found != owner)
            {
                throw new JournalUnavailableException(
                    $"journal {journal} holds the records of '{found}', and this is '{owner}': every member has a file or schema of its own, so see the " +
                    "data directory, the connection string and pipeline.site.name");
            }
        }
    }

    private static Config Plugin(string chain, string provider, string connectionString, string more) => ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.{{chain}} {
          class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
          plugin-id = "{{PluginId(chain)}}"
          provider-name = "{{provider}}"
          connection-string = "{{connectionString.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}}"
          tag-write-mode = Csv
          parallelism = 1
          replay-batch-size = 100
          prefer-parameters-on-multirow-insert = on
          # A slow disk or server is waited for: a replica whose recovery fails stays away until its site is started again.
          recovery-event-timeout = 180s
          {{more}}
        }
        """);
}
