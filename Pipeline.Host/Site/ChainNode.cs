using Akka.Actor;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Host.Site;

/// <summary>
/// One chain at one site: replica, payload exchange, aggregator, training actor, learner, wired together and nothing else.
/// </summary>
public sealed class ChainNode
{
    private volatile LearningApplication _application;

    /// <exception cref="ArgumentException">The genesis is not one of a learning chain, or this site is no member of it.</exception>
    /// <exception cref="JournalUnavailableException">The chain's journal cannot be opened.</exception>
    public ChainNode(ActorSystem system, ChainNodeSettings settings, ISampleStore samples, TorchRuntime runtime)
        : this(system, system, settings, parent => parent.ActorOf(TrainerProps(settings, samples, runtime), $"trainer-{settings.Genesis.Name}"))
    {
    }

    /// <inheritdoc cref="ChainNode(ActorSystem, ChainNodeSettings, ISampleStore, TorchRuntime)"/>
    /// <param name="parent">Of all the chain's actors.</param>
    /// <param name="trainer">Makes what speaks <see cref="TrainingProtocol"/> to the learner, below the parent.</param>
    public ChainNode(ActorSystem system, IActorRefFactory parent, ChainNodeSettings settings, Func<IActorRefFactory, IActorRef> trainer)
    {
        var genesis = settings.Genesis;
        Genesis = genesis;
        Folder = new ChainFolder(settings.DataDirectory, genesis.Name);
        Folder.WriteGenesis(genesis);
        Journal = settings.Journal ?? Folder.Journal(null);
        var verifier = new Ed25519Verifier();
        _application = LearningApplication.Create(genesis, verifier);
        Store = new FilePayloadStore(Folder.Payloads, settings.PayloadQuotaBytes);
        if (settings.InitialModel is { } initial && Store.Put(initial) != _application.Learning.InitialModel)
            throw new ArgumentException($"the initial model is not the one that the genesis of '{genesis.Name}' names", nameof(settings));
        var signer = new SeatSigner(settings.Identity.Keys, () => _application.View.Rules.Members.Find(settings.Site)?.Key);
        Transactions = new TransactionFactory(genesis.ChainId, settings.Site, signer);
        // A journal's plug-in must be known before any actor names it: a missing one would poison those that start after it.
        if (!system.Settings.Config.HasPath(JournalConfig.PluginId(genesis.Name) + ".class"))
            system.Settings.InjectTopLevelFallback(JournalConfig.Create(genesis.Name, Journal, JournalConfig.OwnerOf(genesis.Name, settings.Site)));

        var learning = _application.Learning;
        var checks = new LearningPayloadChecks(learning, () => _application.View.Round);
        Exchange = parent.ActorOf(
            PayloadExchange.Props(
                genesis.ChainId, () => _application.View.Rules, settings.Site, signer, settings.Network, Store, checks, settings.Payloads,
                verifier),
            $"payloads-{genesis.Name}");
        var snapshots = settings.Snapshots;
        Replica = parent.ActorOf(
            ReplicaActor.Props(new ReplicaSettings
            {
                Genesis = genesis,
                Member = settings.Site,
                Keys = settings.Identity.Keys,
                CreateApplication = () => LearningApplication.Create(genesis, verifier),
                Started = application => _application = (LearningApplication)application,
                Network = settings.Network,
                Verifier = verifier,
                Timeouts = settings.Timeouts,
                Snapshots = new SnapshotSettings(Folder.Snapshots, Store, snapshots.Interval, snapshots.Keep),
                StateSync = snapshots.StateSyncGap > 0 ? new StateSyncSettings(Exchange, snapshots.StateSyncGap) : null,
            }),
            $"replica-{genesis.Name}");
        Trainer = trainer(parent);
        Learner = parent.ActorOf(
            ChainLearner.Props(new ChainLearnerSettings(
                settings.Site, genesis.Name, Trainer, Exchange, Replica, Store, Transactions, settings.Pace)
            {
                ReportedSpent = () => _application.View.Round.SpentBy(settings.Site),
            }),
            $"learner-{genesis.Name}");
        Aggregator = parent.ActorOf(
            AggregatorActor.Props(genesis, Transactions, Store, Replica, Exchange, Learner), $"aggregator-{genesis.Name}");
    }

    public Genesis Genesis { get; }

    public ChainFolder Folder { get; }

    public ChainJournal Journal { get; }

    public FilePayloadStore Store { get; }

    public TransactionFactory Transactions { get; }

    public IActorRef Replica { get; }

    public IActorRef Exchange { get; }

    public IActorRef Trainer { get; }

    public IActorRef Learner { get; }

    public IActorRef Aggregator { get; }

    /// <summary>One chain's training at this node.</summary>
    /// <param name="shared">Keeps what it must remember for other nodes; null where this is the only one.</param>
    /// <param name="sharing">The site's other training nodes; null for none.</param>
    /// <exception cref="ArgumentException">The genesis is not one of a learning chain.</exception>
    public static Props TrainerProps(ChainNodeSettings settings, ISampleStore samples, TorchRuntime runtime, ITrainingFiles? shared = null, StepSharing? sharing = null)
    {
        var genesis = settings.Genesis;
        var learning = LearningApplication.Create(genesis, new Ed25519Verifier()).Learning;
        var gate = settings.Gate with
        {
            Confidence = GateQuorum.SiteConfidence(genesis.Members.Count, genesis.Members.Quorum, settings.Gate.Confidence),
        };
        string state = Path.Combine(new ChainFolder(settings.DataDirectory, genesis.Name).Training, "site.state");
        return TrainingActor.Props(
            new TrainingActorSettings(
                genesis.Name, learning.Task, learning.Policy, settings.Trainer, gate, settings.Personalizer, state, settings.Device,
                settings.Identity.TrainingSecret)
            { Limits = settings.Limits, Shared = shared, Sharing = sharing },
            samples, runtime);
    }

    /// <summary>The chain's state after the last applied block; any thread.</summary>
    public LearningView View => _application.View;

    public BridgeEnd BridgeEnd => new(Genesis.Name, Genesis.ChainId, Replica, Exchange, () => View);
}
