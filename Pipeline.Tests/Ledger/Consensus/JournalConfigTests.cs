using Akka.Actor;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Npgsql;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;
using StatementType = Pipeline.Ledger.Crypto.StatementType;

namespace Pipeline.Tests.Ledger.Consensus;

[Collection(JournalCollection.Name)]
public sealed class JournalConfigTests(PostgresServer server, ITestOutputHelper output)
{
    [Fact]
    public void A_sqlite_journal_is_in_wal_mode_and_flushes_every_commit()
    {
        string folder = Directory.CreateTempSubdirectory("pipeline-journal-").FullName;
        try
        {
            string file = Path.Combine(folder, "new", "chest.db");

            var config = JournalConfig.Create("chest", new ChainJournal.Sqlite(file));

            Assert.True(config.HasPath(JournalConfig.PluginId("chest") + ".class"));
            Assert.Equal(JournalConfig.PluginId("chest"), config.GetString(JournalConfig.PluginId("chest") + ".plugin-id"));
            using var connection = new SqliteConnection(config.GetString(JournalConfig.PluginId("chest") + ".connection-string"));
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode";
            Assert.Equal("wal", command.ExecuteScalar());
            command.CommandText = "PRAGMA synchronous";
            Assert.Equal(2L, command.ExecuteScalar());
        }
        finally
        {
            JournalConfig.CloseSqlite();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("chest-x-ray", "chain_chest_x_ray")]
    [InlineData("user", "chain_user")]
    [InlineData("a123456789-123456789-123456789-123456789-123456789-123456789-123", "chain_a123456789_123456789_123456789_123456789_1234567_5d5faadf")]
    public void A_chain_has_a_schema_of_its_own_whatever_its_name(string chain, string schema) =>
        Assert.Equal(schema, ChainJournal.PostgreSql.SchemaOf(chain));

    [Fact]
    public void The_name_of_a_postgresql_journal_shows_no_password()
    {
        var journal = ChainJournal.PostgreSql.Of("chest", "Host=db;Username=site;Password=\"a;b\";Database=pipeline");

        Assert.Equal("postgresql://db:5432/pipeline, schema chain_chest", journal.Name);
        Assert.Equal(journal.Name, $"{journal}");
    }

    [Fact]
    public void A_postgresql_journal_opens_with_its_schema_made()
    {
        if (PostgresServer.Missing is { } missing)
        {
            output.WriteLine(missing);
            return;
        }

        var journal = new ChainJournal.PostgreSql(server.ConnectionString, "config_test");
        var config = JournalConfig.Create("chest", journal).GetConfig(JournalConfig.PluginId("chest"));

        Assert.Equal("config_test", config.GetString("default.schema-name"));
        Assert.Equal(server.ConnectionString, config.GetString("connection-string"));
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        using var drop = new NpgsqlCommand("DROP SCHEMA config_test", connection);
        drop.ExecuteNonQuery();
    }

    [Fact]
    public void A_server_that_would_lose_acknowledged_votes_is_refused()
    {
        if (PostgresServer.Missing is { } missing)
        {
            output.WriteLine(missing);
            return;
        }

        string careless = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Options = "-c synchronous_commit=off" }.ConnectionString;
        var refused = Assert.Throws<JournalUnavailableException>(
            () => JournalConfig.Create("chest", ChainJournal.PostgreSql.Of("chest", careless)));

        Assert.Contains("synchronous_commit = off", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_does_not_answer_is_named_without_the_password()
    {
        var journal = ChainJournal.PostgreSql.Of("chest", "Host=127.0.0.1;Port=1;Username=site;Password=secret;Database=pipeline;Timeout=5");

        var refused = Assert.Throws<JournalUnavailableException>(() => JournalConfig.Create("chest", journal));

        Assert.Contains("postgresql://127.0.0.1:1/pipeline", refused.Message, StringComparison.Ordinal);
        Assert.Contains("does not answer", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Chest")]
    [InlineData("a--b")]
    [InlineData("a.b")]
    [InlineData("")]
    public void A_chain_name_that_would_break_the_configuration_is_refused(string chain) =>
        Assert.Throws<ArgumentException>(() => JournalConfig.Create(chain, new ChainJournal.Sqlite("unused.db")));

    [Fact]
    public async Task Entries_go_through_the_ledger_serializer_and_other_types_through_none()
    {
        var system = ReplicaFixture.CreateSystem("serialization", Config.Empty);
        try
        {
            var entry = JournalEntry.Create(Digest.Zero, [new JournalRecord.Voted(new Vote(StatementType.Prevote, 1, 0, default, 0, new byte[64]))]);
            var serializer = Assert.IsType<LedgerSerializer>(system.Serialization.FindSerializerFor(entry));
            var bytes = serializer.ToBinary(entry);

            Assert.Equal(LedgerSerializer.Id, serializer.Identifier);
            Assert.Equal(entry.Seal, ((JournalEntry)serializer.FromBinary(bytes, serializer.Manifest(entry))).Seal);
            Assert.Throws<ArgumentException>(() => serializer.FromBinary(bytes, $"chain-journal-entry/{JournalEntry.NewestVersion + 1}"));
            Assert.Throws<ArgumentException>(() => serializer.ToBinary("text"));
            Assert.ThrowsAny<Exception>(() => system.Serialization.FindSerializerFor(new JournalRecord.Committed(
                new QuorumCertificate(StatementType.Precommit, 0, 1, 0, default, 0, []))));
        }
        finally
        {
            await system.Terminate();
        }
    }
}
