using System.Data.Common;
using Microsoft.Data.Sqlite;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Tests.Ledger.Journals;

/// <summary>A file for each member in a temporary folder.</summary>
internal sealed class SqliteJournals : TestJournals
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-journals-").FullName;

    public override ChainJournal Of(string member) => new ChainJournal.Sqlite(Path.Combine(_folder, member, "journal.db"));

    public override void Tamper(ChainJournal journal, long record) => Execute(
        journal, $"UPDATE journal SET message = substr(message, 1, 100) || x'5a' || substr(message, 102) WHERE sequence_number = {record}");

    public override void FillDisk(ChainJournal journal) => Execute(
        journal, "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END");

    public override void FreeDisk(ChainJournal journal) => Execute(journal, "DROP TRIGGER full");

    public override void Save(ChainJournal journal)
    {
        JournalConfig.CloseSqlite();
        Execute(journal, "PRAGMA wal_checkpoint(TRUNCATE)");
        File.Copy(FileOf(journal), FileOf(journal) + ".saved", overwrite: true);
    }

    public override void Restore(ChainJournal journal, long records = long.MaxValue)
    {
        JournalConfig.CloseSqlite();
        foreach (string suffix in (string[])["", "-wal", "-shm"])
            File.Delete(FileOf(journal) + suffix);
        File.Copy(FileOf(journal) + ".saved", FileOf(journal));
        Execute(journal, $"DELETE FROM journal WHERE sequence_number > {records}");
    }

    public override void Dispose()
    {
        JournalConfig.CloseSqlite();
        Directory.Delete(_folder, recursive: true);
    }

    public static string FileOf(ChainJournal journal) => ((ChainJournal.Sqlite)journal).File;

    protected override DbConnection Connect(ChainJournal journal)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = FileOf(journal), Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
