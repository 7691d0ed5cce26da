using Akka.Actor;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Tests.Ledger.Consensus;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Commands;

[Collection(JournalCollection.Name)]
public sealed class LedgerSourceTests(PostgresServer server, ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-source-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_site_s_configuration_names_the_journal_of_every_chain()
    {
        string file = Path.Combine(_folder, "site.conf");
        File.WriteAllText(file, $$"""
            pipeline {
              site { name = north, data-directory = "{{_folder}}" }
              chain-defaults { journal = postgresql, connection-string = "Host=db;Database=north" }
              chains {
                chest-xray { ae-title = CHEST }
                skin { ae-title = SKIN, journal = sqlite }
              }
            }
            """);

        Assert.Equal<ChainJournal>(
            [ChainJournal.PostgreSql.Of("chest-xray", "Host=db;Database=north"), new ChainJournal.Sqlite(Path.Combine(_folder, "chains", "skin", "journal.db"))],
            LedgerSource.All(new LedgerPlace(file)));
        Assert.Equal(ChainJournal.PostgreSql.Of("chest-xray", "Host=db;Database=north"), LedgerSource.One(new LedgerPlace(file, "chest-xray")));
    }

    [Fact]
    public void A_place_without_a_journal_and_one_with_too_many_are_said_to_be()
    {
        Assert.Contains("no journal at", Fault(new LedgerPlace(_folder)), StringComparison.Ordinal);
        Assert.Contains("no folder or file", Fault(new LedgerPlace("/absent/folder")), StringComparison.Ordinal);
        Assert.Contains("database cannot be read", Fault(new LedgerPlace("Host=127.0.0.1;Port=1;Password=secret")), StringComparison.Ordinal);
        foreach (string chain in (string[])["a", "b"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, "chains", chain));
            File.WriteAllBytes(Path.Combine(_folder, "chains", chain, "journal.db"), []);
        }

        Assert.Contains("holds 2 journals", Fault(new LedgerPlace(_folder)), StringComparison.Ordinal);
        Assert.Contains("no journal of chain 'c'", Fault(new LedgerPlace(_folder, "c")), StringComparison.Ordinal);
        Assert.Equal(Path.Combine(_folder, "chains", "b", "journal.db"), LedgerSource.One(new LedgerPlace(_folder, "b")).Name);
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_journal_is_found_by_its_chain(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        var transaction = fixture.Transaction(1);
        var replica = fixture.Start(0);
        replica.Tell(new ChainProtocol.Submit(transaction));
        await fixture.Applied(replica, 0, transaction);
        await fixture.StopAsync(0);
        string source = fixture.JournalOf(0) is ChainJournal.Sqlite { File: var file } ? Path.GetDirectoryName(file)! : server.ConnectionString;

        Assert.Equal(fixture.JournalOf(0), LedgerSource.One(new LedgerPlace(source, ReplicaFixture.Chain)));
    }

    private static string Fault(LedgerPlace place)
    {
        string message = Assert.Throws<CommandFailedException>(() => LedgerSource.One(place)).Message;
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        return message;
    }
}
