using System.Collections.Concurrent;
using Akka.Configuration;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Host.Demo;

/// <summary>The demo's four nodes: started, killed and started again on their folders, each with its own actor system and port.</summary>
public sealed class DemoSites(DemoConsortium consortium, DemoProfile profile, DemoBoard board) : IAsyncDisposable
{
    /// <summary>What a node has to say goes to the board, not to the terminal.</summary>
    private static readonly Config Akka = ConfigurationFactory
        .ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }").WithFallback(SiteConfiguration.DefaultAkka);

    private readonly InProcessPeerHub _hub = new();
    private readonly ConcurrentDictionary<string, SiteNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _ports = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Site, string Chain), long> _wireOfPastLives = new();

    /// <summary>The nodes that are up.</summary>
    public IReadOnlyCollection<SiteNode> Up => [.. _nodes.Values];

    public SiteNode Node(string site) => _nodes[site];

    /// <summary>The DICOM port of a site; the same again after a restart.</summary>
    public int Port(string site) => _ports.GetValueOrDefault(site);

    /// <exception cref="InvalidOperationException">The node cannot start; the message says why.</exception>
    public async Task<SiteNode> StartAsync(DemoHospital hospital)
    {
        var started = await SiteNode.StartAsync(Settings(hospital)).ConfigureAwait(false);
        if (!started.Ok)
            throw new InvalidOperationException($"{hospital.Site} cannot start: {started.Fault}");
        var node = started.Value;
        node.System.ActorOf(DemoWatcher.Props(hospital.Site, board), "demo-watcher");
        _hub.SetConnected(hospital.Site, true);
        _ports[hospital.Site] = node.Ingest.Port;
        _nodes[hospital.Site] = node;
        return node;
    }

    /// <summary>Ends a node as a crash would.</summary>
    public async Task KillAsync(string site)
    {
        Count();
        _hub.SetConnected(site, false);
        if (!_nodes.TryRemove(site, out var node))
            return;
        foreach (var agreement in consortium.Chains)
            _wireOfPastLives[(site, agreement.Id)] = Wire(node, agreement);
        await node.KillAsync().ConfigureAwait(false);
    }

    public void Join(SiteNode node, DemoConsortium.Agreement agreement)
    {
        board.Enter(node.Site, agreement.Id, agreement.Chain.Policy.Rounds, agreement.Chain.ScoreEvery);
        node.Join(agreement.Genesis, agreement.Start.ToBytes());
    }

    /// <summary>Copies every node's own counters to the board.</summary>
    public void Count()
    {
        foreach (var node in _nodes.Values)
        {
            var counters = node.Ingest.Counters;
            foreach (var agreement in consortium.Chains)
            {
                var counted = counters.GetValueOrDefault(agreement.Id);
                var chain = node.Chains.GetValueOrDefault(agreement.Id);
                board.Counters(
                    node.Site, agreement.Id, counted?.Received ?? 0, counted?.Stored ?? 0, chain?.View.Height ?? 0, chain is null ? 0 : Wire(node, agreement));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        SiteNode[] up = [.. _nodes.Values];
        _nodes.Clear();
        await Task.WhenAll(up.Select(node => node.StopAsync())).ConfigureAwait(false);
    }

    /// <summary>Bytes this site has sent on a chain, over all lives of its node.</summary>
    private long Wire(SiteNode node, DemoConsortium.Agreement agreement)
    {
        long sent = Enum.GetValues<PeerLane>().Sum(lane => node.Network.BytesSent(agreement.Genesis.ChainId, lane));
        return _wireOfPastLives.GetValueOrDefault((node.Site, agreement.Id)) + sent;
    }

    private SiteNodeSettings Settings(DemoHospital hospital) => new()
    {
        Site = hospital.Site,
        DataDirectory = hospital.DataDirectory,
        Akka = Akka,
        Identity = hospital.Identity,
        Network = _hub.Join(hospital.Site),
        Dicom = new() { Address = System.Net.IPAddress.Loopback, Port = Port(hospital.Site) },
        Routes = [.. consortium.Chains.Select(a => Route(hospital, a.Chain))],
        Timeouts = ConsensusTimeouts.Local,
        Payloads = PayloadExchangeSettings.Default with { Tick = TimeSpan.FromMilliseconds(100), AnnounceInterval = TimeSpan.FromMilliseconds(500) },
        Device = "auto",
        Threads = 1,
        Pace = new TrainingPace(TimeSpan.FromMilliseconds(500)),
        Trainer = profile.Trainer,
        Gate = profile.Gate,
        Personalizer = profile.Personalizer,
    };

    private static ChainRoute Route(DemoHospital hospital, DemoChain chain) => new(
        chain.Id, PacsSimulator.AeTitle(chain.Id), chain.Task.Modality, chain.Task.BodyPart, chain.Task.Height, chain.Task.Width, chain.Task.Classes)
    {
        Split = chain.Split,
        Labels = new CsvLabelSource(PacsSimulator.LabelFile(hospital, chain.Id), chain.Task.Classes, hospital.Identity.SiteKey),
    };
}
