using System.Data.Common;
using Npgsql;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Tests.Ledger.Journals;

/// <summary>A schema for each member in one database.</summary>
internal sealed class PostgresJournals(string connectionString) : TestJournals
{
    private readonly string _prefix = $"test_{Guid.NewGuid():N}"[..16];
    private readonly HashSet<string> _schemas = [];

    public override ChainJournal Of(string member)
    {
        string schema = $"{_prefix}_{member.Replace('-', '_')}";
        _schemas.Add(schema);
        return new ChainJournal.PostgreSql(connectionString, schema);
    }

    public override void Tamper(ChainJournal journal, long record) => Execute(
        journal, $"UPDATE journal SET message = overlay(message placing '\\x5a'::bytea from 101 for 1) WHERE sequence_number = {record}");

    public override void FillDisk(ChainJournal journal) => Execute(journal, """
        CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER disk_is_full BEFORE INSERT ON journal EXECUTE FUNCTION refuse();
        """);

    public override void FreeDisk(ChainJournal journal) => Execute(journal, "DROP TRIGGER disk_is_full ON journal");

    public override void Save(ChainJournal journal) =>
        Execute(journal, "DROP TABLE IF EXISTS saved; CREATE TABLE saved AS SELECT * FROM journal");

    public override void Restore(ChainJournal journal, long records = long.MaxValue) => Execute(
        journal, $"DELETE FROM journal; INSERT INTO journal OVERRIDING SYSTEM VALUE SELECT * FROM saved WHERE sequence_number <= {records} ORDER BY ordering");

    public override void Dispose()
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        foreach (string schema in _schemas)
        {
            using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS \"{schema}\" CASCADE", connection);
            drop.ExecuteNonQuery();
        }
    }

    protected override DbConnection Connect(ChainJournal journal)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString)
        {
            SearchPath = ((ChainJournal.PostgreSql)journal).Schema,
        }.ConnectionString);
        connection.Open();
        return connection;
    }
}
