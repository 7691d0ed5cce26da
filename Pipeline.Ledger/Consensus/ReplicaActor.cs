using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// One site's replica of one chain: runs the effects of <see cref="ConsensusCore"/> against the chain's journal and the network, executes
/// decided blocks, and speaks <see cref="ChainProtocol"/> to the site. A persist that fails or is rejected stops it; nothing that
/// depended on the record has left by then.
/// </summary>
public sealed partial class ReplicaActor : ReceivePersistentActor, IWithTimers
{
    private readonly ReplicaSettings _settings;
    private readonly Genesis _genesis;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _self;
    private readonly Mempool _mempool;
    private readonly IChainApplication _application;
    private readonly BlockAssembler _assembler;
    private readonly RecentBlocks _blocks;
    private readonly HashSet<string> _strangersTold = [];
    private readonly HashSet<IActorRef> _subscribers = [];
    private readonly Queue<(int From, CommittedBlock Block)> _fetched = [];
    private readonly List<JournalRecord> _recovered = [];
    private readonly Dictionary<Digest, Block> _recoveredBlocks = [];
    private List<ConsensusEffect> _effects = [];
    private IActorRef _archive = ActorRefs.Nobody;

    // Of the epoch under way.
    private ConsensusCore _core;
    private CatchUp _catchUp;
    private int _seat;
    private Digest _seal;
    private bool _founded;
    private bool _restored;
    private bool _busy;
    private bool _stopping;

    /// <exception cref="ConfigurationException">The journal plug-in or the serializer is missing from the ActorSystem's configuration.</exception>
    public ReplicaActor(ReplicaSettings settings)
    {
        CheckConfiguration(settings);
        _settings = settings;
        JournalPluginId = settings.Journal;
        SnapshotPluginId = RecoveryPoint.PluginId;
        _genesis = settings.Genesis;
        _self = Self;
        _mempool = new Mempool(settings.MempoolCapacity);
        _blocks = new RecentBlocks(settings.BlocksInMemory);
        _application = settings.CreateApplication();
        settings.Started?.Invoke(_application);
        var scheduler = Context.System.Scheduler;
        _assembler = new BlockAssembler(
            _genesis, _application, _mempool, settings.Verifier, () => scheduler.Now.ToUnixTimeMilliseconds());
        _snapshots = OpenSnapshots();
        _start = BeginFromSnapshot();
        (_core, _catchUp, _seat) = TakeSeat();

        Recover<SnapshotOffer>(_ => { });
        Recover<JournalEntry>(OnRecovered);
        Recover<RecoveryCompleted>(_ => OnRecoveryCompleted());
        Command<PeerMessage>(OnPeerMessage);
        Command<TimeoutElapsed>(OnTimeout);
        Command<TickElapsed>(_ => OnTick());
        Command<BlockDue>(OnBlockDue);
        Command<ChainProtocol.Submit>(OnSubmit);
        Command<ChainProtocol.Subscribe>(OnSubscribe);
        Command<ChainProtocol.Follow>(OnFollow);
        Command<ChainProtocol.GetStatus>(_ => Sender.Tell(Status()));
        Command<ChainProtocol.GetHeaders>(OnGetHeaders);
        Command<Terminated>(t => _subscribers.Remove(t.ActorRef));
        Command<BlockArchive.Found>(OnFound);
        Command<BlockHistory.Reached>(OnReached);
        Command<SnapshotWritten>(OnSnapshotWritten);
        Command<PayloadProtocol.Fetched>(OnFetched);
        Command<PayloadProtocol.FetchFailed>(OnFetchFailed);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => _settings.PersistenceId;

    /// <summary>A replica with the settings' journal and dispatcher.</summary>
    public static Props Props(ReplicaSettings settings)
    {
        var props = Akka.Actor.Props.Create(() => new ReplicaActor(settings));
        return settings.Dispatcher is null ? props : props.WithDispatcher(settings.Dispatcher);
    }

    protected override void PreRestart(Exception reason, object message)
    {
        // Subscribers watch a reference that a restart keeps, so nobody but this actor can renew their subscription.
        foreach (var subscriber in _subscribers)
            _self.Tell(new ChainProtocol.Subscribe(subscriber, _blocks.Height));
        foreach (var (early, sender) in _early)
            _self.Tell(early, sender);
        base.PreRestart(reason, message);
    }

    protected override void PostStop()
    {
        _stopping = true;
        Traces.End(_height);
        _settings.Network.Unregister(_genesis.ChainId, PeerLane.Consensus, _self);
        _settings.Network.Unregister(_genesis.ChainId, PeerLane.Sync, _self);
        base.PostStop();
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "chain {0}: the journal rejected record {1}; the replica stops and has not voted on it", _genesis.Name, sequenceNr);
        Halt();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "chain {0}: record {1} could not be written; the replica stops and has not voted on it: {2}", _genesis.Name, sequenceNr,
            JournalFault.Describe(cause));
        _stopping = true;
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null) => _log.Error(
        reason, "chain {0}: the journal cannot be replayed, and the replica stops and says nothing: {1}. 'pipeline ledger verify' names the first " +
        "bad record.", _genesis.Name, JournalFault.Describe(reason));

    private ChainRules Rules => _assembler.Rules;

    /// <summary>
    /// Core and catch-up of the epoch under way. The seat is found by name and key: who has left, has not come yet, or holds another key than the
    /// chain names follows and signs nothing. Every epoch begins as a restart does: nothing is signed before n−f members have said where they
    /// stand and what they hold of the own signatures.
    /// </summary>
    private (ConsensusCore Core, CatchUp CatchUp, int Seat) TakeSeat()
    {
        var members = Rules.Members;
        var signer = _settings.Keys?.Find(members.Find(_settings.Member)?.Key);
        int seat = signer is null ? -1 : members.IndexOf(_settings.Member);
        var core = ConsensusCore.Create(_genesis.ChainId, Rules.Epoch, members, seat, signer, _settings.Verifier, _assembler);
        core.MuteThrough(_core?.MutedThrough ?? 0);
        _stateSync = _settings.StateSync is { } sync ? new StateSync(members.Count, sync.Gap) : null;
        return (core, new CatchUp(members.Count, seat), seat);
    }

    private void Halt()
    {
        _stopping = true;
        Context.Stop(Self);
    }

    private static void CheckConfiguration(ReplicaSettings settings)
    {
        // Starting on a missing plug-in path would poison every journal that has not started yet.
        if (!Context.System.Settings.Config.HasPath(settings.Journal + ".class"))
            throw new ConfigurationException($"journal '{settings.Journal}' is not configured; inject JournalConfig before the replica starts");
        if (Context.System.Serialization.FindSerializerForType(typeof(JournalEntry)) is not LedgerSerializer)
            throw new ConfigurationException("LedgerSerializer.Config is not part of this ActorSystem's configuration");
    }

    private sealed record TimeoutElapsed(long Height, int Round, ConsensusStep Step);

    private sealed record TickElapsed
    {
        public static TickElapsed Instance { get; } = new();
    }

    /// <summary>The pause after a block is over, or (with <paramref name="Heartbeat"/>) an idle chain makes one.</summary>
    private sealed record BlockDue(long Height, bool Heartbeat);
}
