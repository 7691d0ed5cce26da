using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Streams;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Site;

/// <summary>
/// One institution's node: an actor system, the way of images, and a part in every chain it joined. Everything durable is under the data
/// directory; a node started again on the same folder goes on where the last one was.
/// </summary>
public sealed class SiteNode : IAsyncDisposable
{
    private readonly SiteNodeSettings _settings;
    private readonly DataDirectoryLock _lock;
    private readonly SiteIdentity _identity;
    private readonly ConcurrentDictionary<string, ChainNode> _chains = new(StringComparer.Ordinal);
    private readonly List<UniqueKillSwitch> _relays = [];
    private readonly ActorMaterializer _materializer;
    private volatile TrainingPace _pace;
    private bool _stopped;

    private SiteNode(SiteNodeSettings settings, DataDirectoryLock held, SiteIdentity identity, ActorSystem system, IngestPipeline ingest)
    {
        _settings = settings;
        _lock = held;
        _identity = identity;
        System = system;
        Ingest = ingest;
        _materializer = system.Materializer();
        _pace = settings.Pace;
        Runtime = new TorchRuntime(settings.Threads);
    }

    public string Site => _settings.Site;

    public IPeerNetwork Network => _settings.Network;

    public ActorSystem System { get; }

    public IngestPipeline Ingest { get; }

    internal TorchRuntime Runtime { get; }

    internal SiteIdentity Identity => _identity;

    public IReadOnlyDictionary<string, ChainNode> Chains => _chains;

    /// <summary>Starts ingest; chains are joined by <see cref="Join"/>. A busy port, or a folder that is unusable or in use, is a fault.</summary>
    /// <exception cref="IOException">A key file is damaged.</exception>
    public static async Task<Outcome<SiteNode>> StartAsync(SiteNodeSettings settings)
    {
        var taken = DataDirectoryLock.Take(settings.DataDirectory);
        if (!taken.Ok)
            return taken.Fault;
        try
        {
            var started = await StartAsync(settings, taken.Value).ConfigureAwait(false);
            if (!started.Ok)
                taken.Value.Dispose();
            return started;
        }
        catch
        {
            taken.Value.Dispose();
            throw;
        }
    }

    private static async Task<Outcome<SiteNode>> StartAsync(SiteNodeSettings settings, DataDirectoryLock held)
    {
        var identity = settings.Identity ?? SiteIdentity.LoadOrCreate(settings.DataDirectory);
        var config = settings.Akka.WithFallback(LedgerSerializer.Config).WithFallback(TrainingActor.DispatcherConfig);
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        var system = ActorSystem.Create(settings.Site, settings.Links is { } links ? setup.And(links) : setup);
        var ingest = IngestPipeline.Start(system, IngestOf(settings, identity), settings.Files, DicomToolkits.Create());
        if (ingest.Ok)
            return new SiteNode(settings, held, identity, system, ingest.Value);
        await system.Terminate().ConfigureAwait(false);
        return ingest.Fault;
    }

    private static IngestSettings IngestOf(SiteNodeSettings settings, SiteIdentity identity)
    {
        var ingest = new IngestSettings
        {
            DataDirectory = settings.DataDirectory,
            SiteKey = identity.SiteKey,
            Deidentification = settings.Deidentification,
            StorageKeys = settings.StorageKeys,
            QuarantineRetention = settings.QuarantineRetention,
            AeTitle = settings.AeTitle,
            Routes = settings.Routes,
            Dicom = settings.Dicom,
        };
        return settings.Ingest is not { } limits
            ? ingest
            : ingest with
            {
                SegmentBytes = limits.SegmentBytes,
                SpareSegments = limits.SpareSegments,
                LowWatermarkBytes = limits.LowWatermarkBytes,
                MaxIndexedInstances = limits.MaxIndexedInstances,
                Parallelism = limits.Parallelism,
                CommitBatch = limits.CommitBatch,
                CommitInterval = limits.CommitInterval,
                SampleCacheBytes = limits.SampleCacheBytes,
            };
    }

    /// <summary>Takes part in a chain. Its route must have been given, so that there is a sample store to learn from.</summary>
    /// <param name="journal">Null = the file in the chain's folder.</param>
    /// <param name="limits">What the site demands beyond the chain's differential privacy; null for nothing.</param>
    /// <exception cref="ArgumentException">The genesis is not one of a learning chain, or this site is no member of it.</exception>
    /// <exception cref="InvalidOperationException">The chain has no route, or was joined already.</exception>
    /// <exception cref="JournalUnavailableException">The journal cannot be opened.</exception>
    public ChainNode Join(Genesis genesis, byte[]? initialModel = null, ChainJournal? journal = null, PrivacyLimits? limits = null)
    {
        if (!Ingest.Stores.TryGetValue(genesis.Name, out var samples))
            throw new InvalidOperationException($"chain '{genesis.Name}' has no AE title at site '{Site}': add pipeline.chains.{genesis.Name}.ae-title");
        if (_chains.ContainsKey(genesis.Name))
            throw new InvalidOperationException($"site '{Site}' has already joined chain '{genesis.Name}'");
        var node = new ChainNode(System, SettingsOf(genesis, journal, limits) with { InitialModel = initialModel }, samples, Runtime);
        Hold(node);
        return node;
    }

    /// <summary>What this site takes part in a chain with.</summary>
    internal ChainNodeSettings SettingsOf(Genesis genesis, ChainJournal? journal, PrivacyLimits? limits) => new()
    {
        Site = Site,
        DataDirectory = _settings.DataDirectory,
        Genesis = genesis,
        Identity = _identity,
        Network = _settings.Network,
        Journal = journal,
        Timeouts = _settings.Timeouts,
        PayloadQuotaBytes = _settings.PayloadQuotaBytes,
        Device = _settings.Device,
        Trainer = _settings.Trainer,
        Gate = _settings.Gate,
        Personalizer = _settings.Personalizer,
        Payloads = _settings.Payloads,
        Snapshots = _settings.Snapshots,
        Pace = () => _pace,
        Limits = limits ?? PrivacyLimits.None,
    };

    /// <summary>From now on this node takes part in a chain.</summary>
    internal void Hold(ChainNode chain) => _chains[chain.Genesis.Name] = chain;

    /// <summary>Another node of the site may go on with the chain.</summary>
    internal void Release(ChainNode chain) => _chains.TryRemove(new(chain.Genesis.Name, chain));

    /// <summary>
    /// Relays packets, acks and epochs of one chain to another that trusts it; this site is a member of both. For acks to come back the source trusts
    /// the destination too, and the other way is relayed as well.
    /// </summary>
    public void Relay(string source, string destination) => _relays.Add(BridgeRelay.Start(
        System, _materializer, _chains[source].BridgeEnd, _chains[destination].BridgeEnd, _chains[destination].Transactions));

    /// <summary>
    /// Takes on, while it runs, what may change then: how images are taken (<see cref="IngestPipeline.Apply"/>), threads and pace of training. All else stays
    /// as it was started.
    /// </summary>
    public void Apply(SiteNodeSettings wanted)
    {
        Ingest.Apply(IngestOf(wanted, _identity));
        Runtime.Threads = wanted.Threads;
        _pace = wanted.Pace;
        foreach (var chain in _chains.Values)
            chain.Learner.Tell(LearnerProtocol.PaceChanged.Instance);
    }

    /// <summary>Lets associations end and commits what is in flight.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        _relays.ForEach(relay => relay.Shutdown());
        await Ingest.StopAsync().ConfigureAwait(false);
        await System.Terminate().ConfigureAwait(false);
        JournalConfig.CloseSqlite();
        if (_settings.Identity is null)
            _identity.Dispose();
        _lock.Dispose();
    }

    /// <summary>Ends as a crash would: nothing in flight is committed. For fault drills.</summary>
    public async Task KillAsync()
    {
        _stopped = true;
        await Ingest.KillAsync().ConfigureAwait(false);
        await System.Terminate().ConfigureAwait(false);
        if (_settings.Identity is null)
            _identity.Dispose();
        _lock.Dispose();
    }

    public ValueTask DisposeAsync() => new(StopAsync());
}
