using System.Data.Common;
using Microsoft.Data.Sqlite;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Sync;

/// <summary>Copies a journal while its replica may be writing: the copy is the journal as it was at one moment.</summary>
public static class JournalCopy
{
    /// <summary>Makes a SQLite file of any journal: by SQLite's online backup, or row by row from PostgreSQL's snapshot.</summary>
    /// <param name="file">Must not exist.</param>
    /// <exception cref="BackupException">The journal cannot be read, is damaged, or the file cannot be written.</exception>
    public static async Task ToFileAsync(ChainJournal journal, string file)
    {
        if (File.Exists(file))
            throw new BackupException($"'{file}' exists; a copy overwrites nothing");
        try
        {
            if (journal is ChainJournal.Sqlite sqlite)
                CopyPages(sqlite.File, file);
            else
                await TransferAsync(journal, new ChainJournal.Sqlite(file)).ConfigureAwait(false);
            Settle(file);
        }
        catch (Exception e) when (e is DbException or JournalUnavailableException)
        {
            throw new BackupException($"journal {journal} cannot be copied: {JournalFault.Describe(e)}", e);
        }
    }

    /// <summary>Writes the records of one journal into another that is empty, whatever their providers.</summary>
    /// <exception cref="BackupException">The other is not empty, or a record of the first cannot be read.</exception>
    /// <exception cref="DbException">A journal cannot be read.</exception>
    /// <exception cref="JournalUnavailableException">The other journal cannot be written.</exception>
    internal static async Task TransferAsync(ChainJournal from, ChainJournal to)
    {
        if (!LedgerReader.TryOpen(from, out var reader, out string? fault))
            throw new BackupException($"journal {from} does not begin with a genesis: {fault}");
        await JournalWriter.AppendAsync(to, reader.Genesis.Name, reader.PersistenceId, last => last.IsZero
            ? JournalReader.Read(from).Select(row => Decode(from, row))
            : throw new BackupException($"journal {to} holds records already; a journal is never written over")).ConfigureAwait(false);
    }

    private static JournalEntry Decode(ChainJournal journal, JournalRow row) =>
        Canonical.TryDecode<JournalEntry>(row.Bytes, out var entry, out string? error)
            ? entry
            : throw new BackupException($"journal {journal}: record {row.SequenceNumber} cannot be read: {error}");

    private static void CopyPages(string from, string to)
    {
        using var source = JournalReader.OpenFile(Path.GetFullPath(from));
        using var target = Open(to, SqliteOpenMode.ReadWriteCreate);
        source.BackupDatabase(target);
    }

    /// <summary>One file, without a write-ahead log beside it.</summary>
    private static void Settle(string file)
    {
        using var connection = Open(file, SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = DELETE";
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(file), Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
