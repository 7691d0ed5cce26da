using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Cluster;
using Pipeline.Host.Configuration;
using Pipeline.Host.Drills;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>Who is a node: holders of a certificate of the cluster's own authority, under the name that is dialled.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private static readonly SiteKey Key = new(new byte[32]);
    private readonly TestFolder _folder = new();
    private readonly List<ActorSystem> _nodes = [];

    public void Dispose()
    {
        foreach (var node in _nodes)
            node.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nodes_of_one_authority_form_a_cluster_and_strangers_stay_outside()
    {
        using var own = new ClusterAuthority(_folder.Sub("own"));
        using var foreign = new ClusterAuthority(_folder.Sub("foreign"));
        int first = RelayNetwork.FreePort();
        var a = Start("a", first, first, own.Issue("a", "127.0.0.1"));
        await RunningSite.Until(() => Up(a) == "a", () => $"up are {Up(a)}");
        Start("b", RelayNetwork.FreePort(), first, own.Issue("b", "127.0.0.1"));
        var stranger = Start("c", RelayNetwork.FreePort(), first, foreign.Issue("c", "127.0.0.1"));
        // Dialled under an address that its certificate does not have.
        int second = RelayNetwork.FreePort();
        var misnamed = Start("m", second, second, own.Issue("m", "10.9.8.7"));
        var dialler = Start("n", RelayNetwork.FreePort(), second, own.Issue("n", "127.0.0.1"));
        await RunningSite.Until(() => Up(a) == "a b" && Up(misnamed) == "m", () => $"up are {Up(a)} and {Up(misnamed)}");
        var late = Start("e", RelayNetwork.FreePort(), first, own.Issue("e", "127.0.0.1"));
        await RunningSite.Until(() => Up(late) == "a b e" && Up(a) == "a b e", () => $"up are {Up(late)} and {Up(a)}");
        Assert.Equal(["a b e", "", "m", ""], [Up(a), Up(stranger), Up(misnamed), Up(dialler)]);
    }

    private static string Up(ActorSystem node) => string.Join(' ', SiteCluster.Members(node).Where(member => member.State == "up").Select(member => member.Node));

    private ActorSystem Start(string node, int port, int seed, string tls)
    {
        var result = SiteConfiguration.Parse($$"""
            pipeline.site { name = north, data-directory = x }
            pipeline.cluster { enabled = on, node = {{node}}, port = {{port}}, seed-nodes = ["127.0.0.1:{{seed}}"] }
            {{tls}}
            akka { loglevel = OFF, stdout-loglevel = OFF }
            """, "test.conf", new Dictionary<string, string>(), out _);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        var cluster = result.Configuration.Site.Cluster!;
        var config = result.Configuration.Akka.WithFallback(ClusterAkka.Of(cluster, "north", result.Configuration.Site.Roles, Key));
        var system = ActorSystem.Create("north", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config)).And(ClusterAkka.Tls(cluster, null)!));
        _nodes.Add(system);
        return system;
    }
}
