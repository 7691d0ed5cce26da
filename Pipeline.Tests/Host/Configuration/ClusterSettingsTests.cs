using Pipeline.Host.Configuration;
using Xunit;

namespace Pipeline.Tests.Host.Configuration;

public sealed class ClusterSettingsTests
{
    private const string Site = "pipeline.site { name = north, data-directory = data/north }\n";
    private const string Node = "pipeline.cluster { enabled = on, node = a, seed-nodes = [\"127.0.0.1:4053\"] }\n";

    [Fact]
    public void A_site_is_one_process_unless_it_is_said_to_be_more()
    {
        Assert.Null(Read(Site).Configuration!.Site.Cluster);
        var cluster = Read(Site + Node).Configuration!.Site.Cluster!;
        Assert.Equal(("a", "127.0.0.1", 4053, null), (cluster.Node, cluster.Host, cluster.Port, cluster.Tls));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)), (cluster.FailureAfter, cluster.StableAfter));
        Assert.Equal(new ClusterTraining("auto", TimeSpan.FromSeconds(10)), cluster.Training);
        Assert.Equal(
            new ClusterTraining("off", TimeSpan.FromSeconds(1)),
            Read(Site + Node + "pipeline.cluster.training { parallel = off, step-timeout = 1s }").Configuration!.Site.Cluster!.Training);
    }

    [Theory]
    [InlineData("pipeline.cluster.node = \"\"", "pipeline.cluster.node", "missing")]
    [InlineData("pipeline.cluster.seed-nodes = []", "pipeline.cluster.seed-nodes", "missing")]
    [InlineData("pipeline.cluster.seed-nodes = [here]", "pipeline.cluster.seed-nodes", "host:port")]
    [InlineData("pipeline.cluster.host = 10.0.0.1", "pipeline.cluster.host", "in clear")]
    [InlineData("pipeline.cluster.host = \"0.0.0.0\"", "pipeline.cluster.host", "this node's own name or address")]
    [InlineData("pipeline.cluster.tls.key = k.pem", "pipeline.cluster.tls", "belong together")]
    [InlineData("pipeline.cluster.training.parallel = maybe", "pipeline.cluster.training.parallel", "auto")]
    [InlineData("pipeline.cluster.training.step-timeout = 1ms", "pipeline.cluster.training.step-timeout", "100ms")]
    [InlineData("pipeline.cluster.port = 11112", "pipeline.cluster.port", "the port is that of pipeline.dicom.port")]
    [InlineData("pipeline.chains.chest.ae-title = CHEST", "pipeline.chains.chest.journal", "set journal = postgresql")]
    public void What_a_node_cannot_run_with_is_a_mistake(string line, string key, string problem)
    {
        var result = Read(Site + Node + line);
        Assert.Contains(result.Errors, error => error.Key == key && error.Problem.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pipeline.cluster { host = \"10.0.0.1\", plain = anywhere }")]
    [InlineData("pipeline.cluster { host = node-a.north.example, tls { certificate = a.crt, key = a.key, trusted-ca = ca.crt } }")]
    public void A_network_is_closed_or_the_links_are_encrypted(string line) => Assert.True(Read(Site + Node + line).IsValid);

    private static ConfigurationResult Read(string text) => SiteConfiguration.Parse(text, "test.conf", new Dictionary<string, string>(), out _);
}
