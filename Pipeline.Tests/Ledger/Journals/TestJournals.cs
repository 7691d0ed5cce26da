using System.Data.Common;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Tests.Ledger.Journals;

/// <summary>The journals of one test, in one place that goes with it; and what a test does to them behind the replica's back.</summary>
internal abstract class TestJournals : IDisposable
{
    public abstract ChainJournal Of(string member);

    /// <summary>SQL that both providers understand; the table is <c>journal</c>.</summary>
    public void Execute(ChainJournal journal, string sql)
    {
        using var connection = Connect(journal);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Changes a byte in the middle of a record.</summary>
    public abstract void Tamper(ChainJournal journal, long record);

    /// <summary>From now on every insert fails as on a full disk, until <see cref="FreeDisk"/>.</summary>
    public abstract void FillDisk(ChainJournal journal);

    public abstract void FreeDisk(ChainJournal journal);

    /// <summary>Keeps a copy of a journal that no replica has open.</summary>
    public abstract void Save(ChainJournal journal);

    /// <summary>Puts the first records of the copy back in the place of the journal.</summary>
    public abstract void Restore(ChainJournal journal, long records = long.MaxValue);

    public abstract void Dispose();

    protected abstract DbConnection Connect(ChainJournal journal);
}
