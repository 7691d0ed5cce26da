using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Event;
using Akka.Streams;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Mirrors;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Cluster;

/// <summary>One node's share of a site that is spread over several, as its roles have it.</summary>
internal sealed class SiteCluster : IDisposable
{
    public const string Ingest = "ingest", Trainer = "trainer", Ledger = "ledger", Bridge = "bridge";

    private readonly List<SampleMirrors> _mirrors = [];
    private Gateway.Gateway? _gateway;

    private SiteCluster() { }

    /// <summary>The gateway while this node holds the ledger.</summary>
    public Gateway.Gateway? Gateway => Volatile.Read(ref _gateway);

    /// <summary>The nodes of the site as this one sees them.</summary>
    public static IReadOnlyList<ClusterMember> Members(ActorSystem system)
    {
        var state = Akka.Cluster.Cluster.Get(system).State;
        return
        [
            .. state.Members.Select(member => new ClusterMember(
                ClusterRoles.NodeOf(member.Roles) ?? "", $"{member.Address.Host}:{member.Address.Port}", [.. member.Roles.Where(IsWork).Order(StringComparer.Ordinal)],
                member.Status.ToString().ToLowerInvariant(), !state.Unreachable.Contains(member))).OrderBy(member => member.Node, StringComparer.Ordinal),
        ];
    }

    /// <param name="chains">Those whose genesis is in place.</param>
    /// <param name="openGateway">A new one; null where the site is alone.</param>
    public static SiteCluster Start(
        SiteNode node, IReadOnlyList<string> roles, IReadOnlyList<SpreadChain> chains, Func<Gateway.Gateway?> openGateway, StorageKeys keys, long cacheBytes,
        ClusterTraining training)
    {
        var cluster = new SiteCluster();
        var system = node.System;
        system.ActorOf(KeyWatch.Props(node.Identity.SiteKey), "key-watch");
        if (roles.Contains(Ingest))
            system.ActorOf(SampleFeeds.Props(node.Ingest), SampleFeeds.Name);
        if (roles.Contains(Trainer))
            cluster.Train(node, chains, keys, cacheBytes, training);
        if (roles.Contains(Ledger))
        {
            var proxies = chains.ToDictionary(chain => chain.Name, chain => system.ActorOf(
                ClusterSingletonProxy.Props($"/user/training-{chain.Name}", ClusterSingletonProxySettings.Create(system).WithRole(Trainer).WithBufferSize(64)),
                $"to-training-{chain.Name}"));
            var settings = new SiteLedgerSettings(
                node, chains, openGateway, gateway => Volatile.Write(ref cluster._gateway, gateway), chain => proxies[chain], roles.Contains(Bridge), system.Materializer());
            Warm(node, chains);
            Once(system, SiteLedger.Props(settings), SiteLedger.Leave.Instance, Ledger, "ledger");
        }

        return cluster;
    }

    public void Dispose() => _mirrors.ForEach(mirrors => mirrors.Dispose());

    private void Train(SiteNode node, IReadOnlyList<SpreadChain> chains, StorageKeys keys, long cacheBytes, ClusterTraining sharing)
    {
        var mirrors = chains.Where(chain => node.Ingest.Stores.ContainsKey(chain.Name)).ToDictionary(chain => chain.Name, chain => SampleMirrors.Open(
            chain.Settings.DataDirectory, chain.Name, node.Ingest.Stores[chain.Name], LayoutOf(chain).Task.Classes.Count, cacheBytes, keys, new DiskFileSystem()));
        _mirrors.AddRange(mirrors.Values);
        node.System.ActorOf(MirrorKeeper.Props(mirrors, node.Identity.SiteKey), "mirrors");
        foreach (var chain in chains)
        {
            var files = chain.Settings.Journal is ChainJournal.PostgreSql journal
                ? new SharedTrainingFiles(journal, JournalConfig.OwnerOf(chain.Name, node.Site)) : null;
            var learning = LayoutOf(chain);
            // Steps with differential privacy are computed on one node.
            var crew = sharing.Parallel == ClusterTraining.Off || learning.Policy.Privacy is not null ? null : new HelperCrew();
            var training = ChainNode.TrainerProps(
                chain.Settings, mirrors[chain.Name], node.Runtime, files,
                crew is null ? null : new StepSharing(crew, sharing.Parallel == ClusterTraining.On, sharing.StepTimeout, TimeProvider.System));
            var helpers = crew is null ? null : HelperKeeper.Props(chain.Name, learning.Layout, crew, node.Identity.SiteKey);
            Once(node.System, TrainerHost.Props(chain.Name, learning.Layout, training, helpers), PoisonPill.Instance, Trainer, $"training-{chain.Name}");
            if (crew is not null)
                Help(node, chain, learning, mirrors[chain.Name]);
        }
    }

    /// <summary>This node computes parts of the steps while another trains.</summary>
    private static void Help(SiteNode node, SpreadChain chain, LearningGenesis learning, SampleMirrors samples) => node.System.ActorOf(
        HelperDesk.Props(chain.Name, learning.Layout, GradientActor.Props(chain.Name, learning.Task, samples, node.Runtime, chain.Settings.Device)),
        HelperDesk.NameOf(chain.Name));

    /// <summary>A journal takes a while to begin; a node that goes on in another's place has no time to lose.</summary>
    private static void Warm(SiteNode node, IReadOnlyList<SpreadChain> chains)
    {
        foreach (var chain in chains)
        {
            try
            {
                string plugin = JournalConfig.PluginId(chain.Name);
                node.System.Settings.InjectTopLevelFallback(JournalConfig.Create(chain.Name, chain.Settings.Journal!, JournalConfig.OwnerOf(chain.Name, node.Site)));
                Akka.Persistence.Persistence.Instance.Apply(node.System).JournalFor(plugin);
            }
            catch (JournalUnavailableException e)
            {
                node.System.Log.Warning("chain {0}: {1}", chain.Name, e.Message);
            }
        }
    }

    /// <summary>On the oldest of the nodes with a role.</summary>
    private static void Once(ActorSystem system, Props props, object leave, string role, string name) => system.ActorOf(
        ClusterSingletonManager.Props(props, leave, ClusterSingletonManagerSettings.Create(system).WithRole(role)), name);

    private static LearningGenesis LayoutOf(SpreadChain chain) => LearningApplication.Create(chain.Settings.Genesis, new Ed25519Verifier()).Learning;

    private static bool IsWork(string role) => role is Ingest or Trainer or Ledger or Bridge;
}
