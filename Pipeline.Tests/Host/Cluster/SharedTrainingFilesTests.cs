using Pipeline.Host.Cluster;
using Pipeline.Ledger.Consensus;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>What training must remember goes on with the node that fetched it last, and no other.</summary>
[Collection(JournalCollection.Name)]
public sealed class SharedTrainingFilesTests(PostgresServer server, ITestOutputHelper output) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_node_that_fetched_last_goes_on_and_the_one_before_keeps_nothing_any_more()
    {
        if (PostgresServer.Missing is { } missing)
        {
            output.WriteLine(missing);
            return;
        }

        var journal = new ChainJournal.PostgreSql(server.ConnectionString, $"training_{Guid.NewGuid():N}"[..20]);
        var (first, second) = (new SharedTrainingFiles(journal, "chain-chest-north"), new SharedTrainingFiles(journal, "chain-chest-north"));
        string one = _folder.Sub("one"), two = _folder.Sub("two");
        first.Fetch(one);
        File.WriteAllText(Path.Combine(one, "site.state"), "round 1");
        first.Keep(Path.Combine(one, "site.state"));
        File.WriteAllText(Path.Combine(one, "site.state.trial"), "round 1 of a trial");
        first.Keep(Path.Combine(one, "site.state.trial"));

        File.WriteAllText(Path.Combine(two, "site.state"), "of long ago");
        File.WriteAllText(Path.Combine(two, "privacy.ledger"), "of long ago");
        File.WriteAllText(Path.Combine(two, "personal.safetensors"), "a model");
        second.Fetch(two);
        Assert.Equal("round 1", File.ReadAllText(Path.Combine(two, "site.state")));
        Assert.Equal("round 1 of a trial", File.ReadAllText(Path.Combine(two, "site.state.trial")));
        Assert.Equal(["personal.safetensors", "site.state", "site.state.trial"], Directory.GetFiles(two).Select(Path.GetFileName).Order());

        File.WriteAllText(Path.Combine(one, "site.state"), "round 2, of the node that was cut off");
        var fenced = Assert.Throws<IOException>(() => first.Keep(Path.Combine(one, "site.state")));
        Assert.Contains("another node of this site has gone on", fenced.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(two, "site.state"), "round 2");
        second.Keep(Path.Combine(two, "site.state"));
        first.Fetch(one);
        Assert.Equal("round 2", File.ReadAllText(Path.Combine(one, "site.state")));
    }
}
