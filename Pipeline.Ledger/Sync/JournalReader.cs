using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Reads the rows of a chain's journal in the order of writing, as one snapshot, without Akka and without writing: a site may run meanwhile.
/// </summary>
internal static class JournalReader
{
    // https://sqlite.org/rescode.html
    private const int SqliteReadOnly = 8, SqliteCantOpen = 14;

    private const string Columns = "persistence_id, sequence_number, manifest, identifier, deleted, message";

    /// <exception cref="DbException">No database, damaged, or no journal in it.</exception>
    public static IEnumerable<JournalRow> Read(ChainJournal journal)
    {
        using var connection = Open(journal);
        using var command = connection.CreateCommand();
        // SQLite by the primary key, over the table itself: a damaged index cannot hide a row.
        command.CommandText = journal is ChainJournal.PostgreSql { QuotedSchema: var schema }
            ? $"SELECT {Columns} FROM {schema}.journal ORDER BY ordering"
            : $"SELECT {Columns} FROM journal NOT INDEXED ORDER BY ordering";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return new JournalRow(
                Text(reader, 0), Number(reader, 1), Text(reader, 2), Number(reader, 3), Number(reader, 4) != 0,
                reader.GetValue(5) as byte[] ?? []);
        }
    }

    /// <summary>As <see cref="Read"/>; where the journal cannot be read on, the last item says why and has no row.</summary>
    public static IEnumerable<(JournalRow? Row, string? Fault)> TryRead(ChainJournal journal)
    {
        using var rows = Read(journal).GetEnumerator();
        while (true)
        {
            bool more = false;
            string? fault = null;
            try
            {
                more = rows.MoveNext();
            }
            catch (DbException e)
            {
                fault = e.Message;
            }

            if (fault is not null)
                yield return (null, fault);
            if (!more)
                yield break;
            yield return (rows.Current, null);
        }
    }

    /// <summary>
    /// Null when the pages and indexes of a SQLite file are sound; otherwise SQLite's first complaint. A PostgreSQL server checks its own.
    /// </summary>
    /// <exception cref="DbException">Not a database.</exception>
    public static string? CheckPages(ChainJournal journal)
    {
        if (journal is not ChainJournal.Sqlite)
            return null;
        using var connection = Open(journal);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check(1)";
        var answer = command.ExecuteScalar() as string;
        return answer == "ok" ? null : answer ?? "no answer from the integrity check";
    }

    private static DbConnection Open(ChainJournal journal) => journal switch
    {
        ChainJournal.Sqlite sqlite => OpenFile(Path.GetFullPath(sqlite.File)),
        ChainJournal.PostgreSql postgres => Open(new NpgsqlConnection(postgres.ConnectionString), "SELECT 1"),
        _ => throw new ArgumentOutOfRangeException(nameof(journal)),
    };

    /// <summary>
    /// SQLite shares a file in WAL mode by another file beside it, which a read-only medium has no room for. Where all of the journal is in the
    /// file itself, it can be read as one that nobody writes.
    /// </summary>
    /// <exception cref="SqliteException">Not a database, or it cannot be read.</exception>
    public static SqliteConnection OpenFile(string file)
    {
        try
        {
            return OpenReadOnly(file);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteReadOnly or SqliteCantOpen && File.Exists(file)
            && new FileInfo(file + "-wal") is not { Exists: true, Length: > 0 })
        {
            return OpenReadOnly($"file:{Uri.EscapeDataString(file)}?immutable=1");
        }
    }

    private static SqliteConnection OpenReadOnly(string source) => Open(
        new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString()),
        "PRAGMA schema_version");

    /// <param name="probe">Reads something, so that a file that cannot be read is found here.</param>
    private static T Open<T>(T connection, string probe) where T : DbConnection
    {
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = probe;
            command.ExecuteScalar();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string Text(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? "" : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture) ?? "";

    // A damaged column may hold a value of another type; it then equals nothing expected.
    private static long Number(DbDataReader reader, int column) => reader.GetValue(column) switch
    {
        long value => value,
        int value => value,
        bool value => value ? 1 : 0,
        _ => -1,
    };
}
