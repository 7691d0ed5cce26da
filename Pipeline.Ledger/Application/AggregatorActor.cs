using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// One site's part in a learning chain between its replica, its payloads and its learner: holds the model that the chain stands at,
/// aggregates closed rounds, attests the result. Everything it knows follows from the chain and the store, so a restart loses nothing.
/// Disk and arithmetic run on threads of their own; this actor decides what is next.
/// </summary>
public sealed partial class AggregatorActor : ReceiveActor, IWithTimers
{
    private const string ResubmitTimer = "resubmit";

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LearningGenesis _genesis;
    private readonly TransactionFactory _transactions;
    private readonly IActorRef _replica;
    private readonly IActorRef _exchange;
    private readonly IActorRef _listener;
    private readonly AggregatorSettings _settings;
    private readonly AggregatorWork _work;
    private readonly MemberSet _members;
    private readonly HashSet<Digest> _offersAsked = [];
    private readonly HashSet<Digest> _erased = [];
    private readonly HashSet<Digest> _offersTold = [];

    // With the height at which they were no longer needed: a restart below it would want them again.
    private readonly List<(long Height, Digest Payload)> _expired = [];

    private LearningProgress _progress;
    private bool _caughtUp;
    private FixedPointModel? _model;
    private FixedPointModel? _candidate;
    private Digest? _seeking;
    private Collection? _collection;
    private (long Round, Digest Model)? _own;
    private long _divergedRound;
    private Transaction? _attestation;
    private long _toldRound;
    private bool _toldFinal;

    private AggregatorActor(
        Genesis genesis, TransactionFactory transactions, IPayloadStore store, IActorRef replica, IActorRef exchange, IActorRef listener,
        AggregatorSettings settings, IAggregationRule? rule)
    {
        _genesis = Canonical.Decode<LearningGenesis>(genesis.Application);
        _members = genesis.Members;
        _transactions = transactions;
        _replica = replica;
        _exchange = exchange;
        _listener = listener;
        _settings = settings;
        _work = new AggregatorWork(_genesis, store, rule ?? RobustRule.Of(_genesis.Policy));
        _progress = new LearningProgress(transactions.Member, settings.KeepRounds);

        Receive<ChainProtocol.BlockApplied>(OnBlock);
        Receive<ChainProtocol.StateAt>(OnState);
        Receive<ChainProtocol.SnapshotTaken>(OnSnapshot);
        Receive<ChainProtocol.CaughtUp>(OnCaughtUp);
        Receive<ChainProtocol.SubmitAccepted>(_ => { });
        Receive<ChainProtocol.SubmitRefused>(m => _log.Debug("Transaction {0} was not taken: {1}", m.TransactionId.Short, m.Reason));
        Receive<PayloadProtocol.Fetched>(OnFetched);
        Receive<PayloadProtocol.FetchFailed>(OnFetchFailed);
        Receive<AggregatorWork.ModelLoaded>(OnModelLoaded);
        Receive<AggregatorWork.Aggregated>(OnAggregated);
        Receive<AggregatorWork.Deleted>(_ => { });
        Receive<AggregatorWork.Failed>(OnFailed);
        Receive<Refetch>(m => Refetched(m.Payload));
        Receive<Retry>(_ => Advance());
        Receive<Resubmit>(_ => SubmitAttestation());
        Receive<AskAgain>(_ => AskForWhatIsMissing());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="store">Holds the genesis' initial model before this actor starts.</param>
    /// <param name="replica">Answers <see cref="ChainProtocol"/>.</param>
    /// <param name="exchange">Answers <see cref="PayloadProtocol"/> for the same chain.</param>
    /// <param name="listener">Receives <see cref="LearningProtocol"/>.</param>
    /// <param name="rule">Every member must use the same; by default the one that the genesis names.</param>
    public static Props Props(
        Genesis genesis, TransactionFactory transactions, IPayloadStore store, IActorRef replica, IActorRef exchange, IActorRef listener,
        AggregatorSettings? settings = null, IAggregationRule? rule = null) =>
        Akka.Actor.Props.CreateBy(new Producer(() => new AggregatorActor(
            genesis, transactions, store, replica, exchange, listener, settings ?? AggregatorSettings.Default, rule)));

    protected override void PreStart()
    {
        _replica.Tell(new ChainProtocol.Follow(Self));
        Timers.StartPeriodicTimer(nameof(AskAgain), AskAgain.Instance, _settings.AskAgainInterval);
    }

    private void OnBlock(ChainProtocol.BlockApplied applied)
    {
        if (!_progress.TryTake(applied))
            return;
        foreach (var happened in applied.Outcome.Events)
        {
            _listener.Tell(new LearningProtocol.ChainEvent(applied.Block.Height, happened, Replayed: !_caughtUp));
            if (_caughtUp && happened is RoundFinalized or RoundAbandoned)
                OnRoundOver();
        }

        NoteExpired(_progress.Expire());
        if (!_caughtUp)
            return;
        if (_attestation is not null && applied.Block.Block.Transactions.Any(t => t.Id == _attestation.Id))
            StopAttesting();
        Advance();
    }

    /// <summary>Goes on from a state: at the start, and where the replica itself went on from a snapshot of others.</summary>
    private void OnState(ChainProtocol.StateAt at)
    {
        var before = _progress;
        _progress = LearningProgress.At(Canonical.Decode<LearningSnapshot>(at.State), _members, _transactions.Member, _settings.KeepRounds);
        StopAttesting();
        _collection = null;
        _seeking = null;
        foreach (var closed in _progress.Closed)
            _listener.Tell(new LearningProtocol.ChainEvent(at.Height, closed, Replayed: true));
        NoteExpired(before.Held.Except(_progress.Held).Concat(_progress.Expire()));
        if (_caughtUp)
            Advance();
    }

    private void NoteExpired(IEnumerable<Digest> payloads) => _expired.AddRange(payloads.Select(payload => (_progress.Height, payload)));

    private void OnSnapshot(ChainProtocol.SnapshotTaken snapshot)
    {
        // A round may have come to a model that an earlier one had come to.
        Digest[] covered = [.. _expired.Where(e => e.Height <= snapshot.Height).Select(e => e.Payload).Except(_progress.Held)];
        _expired.RemoveAll(e => e.Height <= snapshot.Height);
        if (covered.Length > 0)
            _work.Delete(covered, Self);
    }

    private void OnCaughtUp(ChainProtocol.CaughtUp caughtUp)
    {
        _caughtUp = true;
        _listener.Tell(new LearningProtocol.CaughtUp(caughtUp.Height));
        Advance();
    }

    private void OnRoundOver()
    {
        StopAttesting();
        ReportDivergence();
    }

    /// <summary>The one decision: from what the chain says and what is held here to the next step. Safe to call at any time.</summary>
    private void Advance()
    {
        if (!_caughtUp)
            return;
        if (_progress.Erased.Where(_erased.Add).ToArray() is { Length: > 0 } withdrawn)
            _work.Erase(withdrawn, Self);
        if (_progress.Model is not { } needed)
            return;
        foreach (var offer in _progress.Offers.Values)
        {
            if (_offersAsked.Add(offer.Payload))
                _exchange.Tell(new PayloadProtocol.Fetch(offer.Payload));
        }

        TakeWhatIsHeld(needed);
        if (_model?.Digest != needed)
            Seek(needed);
        else if (_progress.Completed is { } completed)
            TellFinal(completed, _model);
        else if (_progress.Judged is { } trial)
            TellTrial(trial, _model);
        else if (_progress.AwaitingAggregate is { } closed)
            Collect(closed, _model);
        else
            TellReady(_progress.Open!, _model);
    }

    /// <param name="model">The round's base.</param>
    private void Collect(RoundClosed closed, FixedPointModel model)
    {
        if (_collection?.Closed.Round == closed.Round || _own?.Round == closed.Round)
            return;
        _collection = new Collection(closed, model);
        foreach (var payload in _collection.Missing)
            _exchange.Tell(new PayloadProtocol.Fetch(payload));
        RunWhenComplete();
    }

    private void RunWhenComplete()
    {
        if (_collection is not { Running: false, Missing.Count: 0 })
            return;
        _collection.Running = true;
        _work.Aggregate(_collection.Base, _collection.Closed, _collection.Payloads, Self);
    }

    private void OnAggregated(AggregatorWork.Aggregated done)
    {
        var result = done.Result;
        _collection = null;
        _own = (result.Round, result.Model.Digest);
        foreach (var excluded in result.Excluded)
            _log.Warning("Round {0} leaves out the contribution of {1}: {2}", result.Round, excluded.Member, excluded.Reason);
        if (result.Scores.Count > 0)
            _listener.Tell(new LearningProtocol.UpdatesCompared(result.Round, result.Scores));
        // The model in hand moves on only to what the chain says; until then it stays the closed round's base.
        _candidate = result.Model;
        if (IsNeeded(result.Model.Digest))
            Hold(result.Model);
        else if (_progress.AwaitingAggregate?.Round == result.Round)
            Attest(result);
        ReportDivergence();
        Advance();
    }

    private void Attest(AggregatedRound result)
    {
        if (_progress.OwnAttested == result.Round)
            return;
        // The same attestation is the same transaction, after a restart too: submitting it again does no harm.
        _attestation = _transactions.Create(new Attestation(result.Round, result.Model.Digest, result.Backbone.Digest));
        Timers.StartPeriodicTimer(ResubmitTimer, Resubmit.Instance, _settings.ResubmitInterval);
        SubmitAttestation();
    }

    private void SubmitAttestation()
    {
        if (_attestation is not null)
            _replica.Tell(new ChainProtocol.Submit(_attestation));
    }

    private void StopAttesting()
    {
        _attestation = null;
        Timers.Cancel(ResubmitTimer);
    }

    private void ReportDivergence()
    {
        if (_own is not { } own || _progress.LastFinal is not { } final || own.Round != final.Round || own.Model == final.Model)
            return;
        _own = null;
        _candidate = null;
        if (_divergedRound == own.Round)
            return;
        _divergedRound = own.Round;
        _log.Error(
            "Round {0}: this replica aggregated model {1}, a quorum attested {2}. It goes on from the attested model; find out why.",
            own.Round, own.Model, final.Model);
        _listener.Tell(new LearningProtocol.Diverged(own.Round, own.Model, final.Model));
    }

    private void OnFetched(PayloadProtocol.Fetched fetched)
    {
        if (_seeking == fetched.Payload)
            _work.Keep(fetched.Payload, fetched.Bytes, Self);
        if (_collection is { Running: false } && _collection.Missing.Remove(fetched.Payload))
        {
            _collection.Payloads[fetched.Payload] = fetched.Bytes;
            RunWhenComplete();
        }

        if (_progress.Offers.TryGetValue(fetched.Payload, out var packet) && _offersTold.Add(fetched.Payload))
            TellAuxiliary(packet, fetched.Bytes);
    }

    private void TellAuxiliary(AuxiliaryPacket packet, byte[] bytes)
    {
        string? flaw = Canonical.TryDecode<BackbonePayload>(bytes, out var backbone, out string? error)
            ? backbone.Matches(_genesis.Layout)
            : error;
        if (flaw is null)
            _listener.Tell(new LearningProtocol.AuxiliaryReady(packet, backbone!));
        else
            _log.Error("The backbone {0} of packet {1} of '{2}' was acked but is unusable: {3}", packet.Payload, packet.Sequence, packet.SourceName, flaw);
    }

    private void OnFetchFailed(PayloadProtocol.FetchFailed failed)
    {
        _log.Debug("Payload {0} could not be fetched and will be tried again: {1}", failed.Payload.Short, failed.Reason);
        Timers.StartSingleTimer(failed.Payload, new Refetch(failed.Payload), _settings.RetryInterval);
        // Nobody hands the model out: aggregate the round before it again while asking on.
        if (_seeking == failed.Payload && _collection is null && Recomputable is { } closed)
            _work.Load(closed.Base, Self);
    }

    private void Refetched(Digest payload)
    {
        bool wanted = _seeking == payload || _progress.Offers.ContainsKey(payload) ||
            (_collection is { Running: false } && _collection.Missing.Contains(payload));
        if (wanted)
            _exchange.Tell(new PayloadProtocol.Fetch(payload));
    }

    /// <summary>An exchange that restarted has forgotten its questions.</summary>
    private void AskForWhatIsMissing()
    {
        if (!_caughtUp)
            return;
        var missing = _progress.Offers.Keys.Where(p => !_offersTold.Contains(p)).ToHashSet();
        if (_seeking is { } model)
            missing.Add(model);
        if (_collection is { Running: false })
            missing.UnionWith(_collection.Missing);
        foreach (var payload in missing)
            _exchange.Tell(new PayloadProtocol.Fetch(payload));
    }

    private void OnFailed(AggregatorWork.Failed failed)
    {
        _log.Error(failed.Cause, "{0} failed and will be tried again in {1}", failed.What, _settings.RetryInterval);
        _collection = null;
        _seeking = null;
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, _settings.RetryInterval);
    }

    /// <summary>A closed round whose payloads are being gathered.</summary>
    private sealed class Collection(RoundClosed closed, FixedPointModel model)
    {
        public RoundClosed Closed => closed;

        public FixedPointModel Base => model;

        public HashSet<Digest> Missing { get; } =
            [.. closed.Contributions.Select(c => c.Payload), .. closed.Auxiliary is { } blend ? [blend.Payload] : Array.Empty<Digest>()];

        public Dictionary<Digest, byte[]> Payloads { get; } = [];

        public bool Running { get; set; }
    }

    private sealed record Refetch(Digest Payload);

    private sealed record Retry
    {
        public static Retry Instance { get; } = new();
    }

    private sealed record Resubmit
    {
        public static Resubmit Instance { get; } = new();
    }

    private sealed record AskAgain
    {
        public static AskAgain Instance { get; } = new();
    }

    private sealed class Producer(Func<AggregatorActor> create) : IIndirectActorProducer
    {
        public Type ActorType => typeof(AggregatorActor);

        public ActorBase Produce() => create();

        public void Release(ActorBase actor) { }
    }
}
