using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Site;

/// <summary>
/// One site's part in one chain: hears from the aggregator what the chain decided, has the training actor work, and answers with
/// payloads and signed transactions. It holds no fact of its own: after a restart the aggregator tells it where the chain stands, and the
/// training actor gives the same payload for the same round.
/// </summary>
public sealed class ChainLearner : ReceiveActor, IWithTimers
{
    private const string Paused = "the operator has paused training (pipeline.trainer.pause)";

    private readonly ChainLearnerSettings _settings;
    private readonly LearnerTrace _trace;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<Offer> _offers = [];
    private LearningProtocol.ModelReady? _round;
    private Digest? _offered;
    private Transaction? _contribution;
    private long _spent;
    private Offer? _judging;
    private Trial? _trial;
    private Trial? _comparing;
    private bool _personalizing;
    private string? _idle;

    public ChainLearner(ChainLearnerSettings settings)
    {
        _settings = settings;
        _trace = new LearnerTrace(settings.Chain);
        Receive<LearningProtocol.ChainEvent>(OnChainEvent);
        Receive<LearningProtocol.CaughtUp>(_ => { });
        Receive<LearningProtocol.ModelReady>(OnModelReady);
        Receive<LearningProtocol.FinalModelReady>(OnFinalModel);
        Receive<LearningProtocol.AuxiliaryReady>(OnAuxiliary);
        Receive<LearningProtocol.TrialModelsReady>(OnTrialModels);
        Receive<LearningProtocol.Diverged>(m => Trouble(
            $"round {m.Round}: this replica computed model {m.Own.Short}, the members attested {m.Attested.Short}; check memory and build of this node"));

        Receive<LearningProtocol.UpdatesCompared>(OnCompared);

        Receive<TrainingProtocol.RoundTrained>(OnTrained);
        Receive<TrainingProtocol.RoundSkipped>(OnSkipped);
        Receive<TrainingProtocol.AuxiliaryJudged>(OnJudged);
        Receive<TrainingProtocol.TrialJudged>(OnTrialJudged);
        Receive<TrainingProtocol.AuxiliaryPostponed>(OnPostponed);
        Receive<TrainingProtocol.Evaluated>(OnEvaluated);
        Receive<TrainingProtocol.Personalized>(OnPersonalized);
        Receive<TrainingProtocol.TrainingFailed>(OnTrainingFailed);

        Receive<PayloadProtocol.Published>(OnPublished);
        Receive<PayloadProtocol.PublishFailed>(m => Trouble($"payload {m.Payload.Short}: {m.Reason}"));
        Receive<ChainProtocol.SubmitAccepted>(_ => { });
        Receive<ChainProtocol.SubmitRefused>(m => _log.Debug("Transaction {0} refused: {1}", m.TransactionId.Short, m.Reason));
        Receive<JudgeAgain>(_ => JudgeNext());
        Receive<LearnerProtocol.PaceChanged>(_ => OnPaceChanged());
        Receive<TryAgain>(m =>
        {
            if (m.Round == _round?.Round)
                Train();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ChainLearnerSettings settings) => Akka.Actor.Props.Create(() => new ChainLearner(settings));

    protected override void PostStop() => _trace.Stopped();

    private void OnChainEvent(LearningProtocol.ChainEvent message)
    {
        switch (message.Event)
        {
            case RoundClosed closed:
                // What an update carried is in the model only if the round closed with it; otherwise the site keeps it for a later round.
                OnRoundOver(closed.Round, missed: closed.Contributions.All(c => c.Member != _settings.Site));
                break;
            case RoundAbandoned abandoned:
                OnRoundOver(abandoned.Round, missed: true);
                break;
            case AuxiliaryAccepted accepted:
                OnDecided(accepted.Packet);
                break;
            case AuxiliaryRefused refused:
                OnDecided(refused.Packet);
                break;
            case TrialBegan began when !message.Replayed:
                _log.Info("Chain {0}: members try an offered backbone: from round {1} on, a round with it and a round without it take turns", _settings.Chain, began.Round);
                break;
            case TrialReady ready when !message.Replayed:
                _log.Info("Chain {0}: both branches of the trial that began in round {1} have had their rounds; members compare their models", _settings.Chain, ready.Began);
                break;
            case TrialEnded ended:
                OnTrialEnded(ended, message.Replayed);
                break;
            case TrainingResumed when _contribution is not null:
                _settings.Replica.Tell(new ChainProtocol.Submit(_contribution));
                break;
        }

        Publish(new LearnerProtocol.ChainEventSeen(_settings.Site, _settings.Chain, message.Height, message.Event, message.Replayed));
    }

    private void OnRoundOver(long round, bool missed)
    {
        if (missed)
            _settings.Trainer.Tell(new TrainingProtocol.ContributionMissed(round));
        if (round != _round?.Round)
            return;
        _round = null;
        _trace.RoundEnded(missed ? "missed" : "contributed");
        // A member that was away would refuse the update of a closed round; it takes the round's result from the chain.
        if (_offered is { } payload)
            _settings.Exchange.Tell(new PayloadProtocol.Withdraw(payload));
    }

    private void OnModelReady(LearningProtocol.ModelReady message)
    {
        _round = message;
        _trace.RoundBegan(message.Round);
        _contribution = null;
        _personalizing = false;
        Publish(new LearnerProtocol.RoundStarted(_settings.Site, _settings.Chain, message.Round, message.Model, message.Branch));
        Train();
        JudgeNext();
    }

    private void Train()
    {
        if (_round is not { } round)
            return;
        if (_settings.Pace().Paused)
            Wait(round.Round, Paused);
        else
            _settings.Trainer.Tell(new TrainingProtocol.TrainRound(round.Round, round.Model, round.Base, round.Seed, _settings.ReportedSpent())
            {
                Branch = round.Branch,
                Trace = _trace.Round,
            });
    }

    private void OnTrained(TrainingProtocol.RoundTrained message)
    {
        if (message.Round != _round?.Round)
            return;
        Publish(new LearnerProtocol.UpdateSubmitted(
            _settings.Site, _settings.Chain, message.Round, message.Payload.Length, message.TrainLoss, message.Samples, message.Trainers));
        _log.Info(
            "Chain {0}, round {1}: an update of {2} bytes from {3} images{4}; training loss {5:0.000}",
            _settings.Chain, message.Round, message.Payload.Length, message.Samples, message.Trainers == 1 ? "" : $" on {message.Trainers} nodes", message.TrainLoss);
        _idle = null;
        _spent = message.SpentMicro;
        _offered = Digest.Of(message.Payload);
        _settings.Exchange.Tell(new PayloadProtocol.Publish(LearningPayloads.Update, message.Payload) { Trace = _trace.Round });
    }

    private void OnSkipped(TrainingProtocol.RoundSkipped message)
    {
        if (message.Round != _round?.Round)
            return;
        // The pause may have come while the trainer looked.
        Wait(message.Round, _settings.Pace().Paused ? Paused : message.Reason);
    }

    private void Wait(long round, string reason)
    {
        if (_idle != reason)
            _log.Info("Chain {0}, round {1}: this site does not train yet: {2}", _settings.Chain, round, reason);
        _idle = reason;
        Publish(new LearnerProtocol.Waiting(_settings.Site, _settings.Chain, round, reason));
        Timers.StartSingleTimer("again", new TryAgain(round), _settings.Pace().RetryInterval);
    }

    /// <summary>Whoever waits by the old pace looks now, and waits by the new one.</summary>
    private void OnPaceChanged()
    {
        bool again = Timers.IsTimerActive("again"), judge = Timers.IsTimerActive("judge");
        Timers.Cancel("again");
        Timers.Cancel("judge");
        if (again)
            Train();
        if (judge)
            JudgeNext();
    }

    /// <summary>Memory or a device may be there again after a while; the round goes on without this site until then.</summary>
    private void OnTrainingFailed(TrainingProtocol.TrainingFailed message)
    {
        Trouble($"{message.Command.GetType().Name}: {message.Reason}");
        if (message.Command is TrainingProtocol.TrainRound train && train.Round == _round?.Round)
            Timers.StartSingleTimer("again", new TryAgain(train.Round), _settings.Pace().RetryInterval);
        if (message.Command is TrainingProtocol.JudgeAuxiliary or TrainingProtocol.JudgeTrial)
        {
            (_judging, _comparing) = (null, null);
            _trace.JudgementEnded("failed");
            JudgeLater();
        }
    }

    private void OnPublished(PayloadProtocol.Published message)
    {
        // The chain may have moved on while members stored the payload; the update's information stays in the residual.
        if (_round is not { } round || !_settings.Payloads.TryGet(message.Payload, out byte[]? payload) ||
            !Canonical.TryDecode<SparseUpdate>(payload, out var update, out _) || update.Round != round.Round)
            return;
        _contribution = _settings.Transactions.Create(
            new Contribution(round.Round, round.Base, message.Payload, payload.Length, message.Acks, _spent));
        _settings.Replica.Tell(new ChainProtocol.Submit(_contribution));
    }

    private void OnAuxiliary(LearningProtocol.AuxiliaryReady message)
    {
        if (_offers.Any(o => o.Packet == message.Packet))
            return;
        _offers.Add(new Offer(message));
        JudgeNext();
    }

    /// <summary>
    /// Its models wait for this site's vote. Said again where the chain has not had it: a vote that was lost is sent again, and one that was not is refused as the
    /// second.
    /// </summary>
    private void OnTrialModels(LearningProtocol.TrialModelsReady message)
    {
        if (_trial?.Began != message.Began)
            _trial = new Trial(message);
        else if (_trial.Vote is { } vote)
            _settings.Replica.Tell(new ChainProtocol.Submit(vote));
        JudgeNext();
    }

    private void OnTrialEnded(TrialEnded ended, bool replayed)
    {
        _settings.Trainer.Tell(new TrainingProtocol.TrialOver(ended.Began, ended.Accepted));
        if (_trial?.Began == ended.Began)
            _trial = null;
        if (!replayed)
        {
            _log.Info(
                "Chain {0}: the trial that began in round {1} is over; training goes on {2} the offered backbone: {3}", _settings.Chain, ended.Began,
                ended.Accepted ? "with" : "without", ended.Reason);
        }
    }

    /// <summary>One at a time; a trial keeps the chain waiting and comes first. Offers only in a round: the next round's start goes on.</summary>
    private void JudgeNext()
    {
        if (_judging is not null || _comparing is not null)
            return;
        if (_trial is { Vote: null } trial)
        {
            _comparing = trial;
            _settings.Trainer.Tell(new TrainingProtocol.JudgeTrial(trial.Own, trial.Offered));
            return;
        }

        if (_round is not { } round || _offers.Find(o => !o.Voted) is not { } offer)
            return;
        _judging = offer;
        _trace.JudgementBegan(offer.Packet.SourceName);
        _settings.Trainer.Tell(new TrainingProtocol.JudgeAuxiliary(round.Model, offer.Backbone, round.Seed));
    }

    private void JudgeLater() => Timers.StartSingleTimer("judge", JudgeAgain.Instance, _settings.Pace().RetryInterval);

    private void OnDecided(AuxiliaryPacket packet) => _offers.RemoveAll(o => o.Packet == packet);

    private void OnPostponed(TrainingProtocol.AuxiliaryPostponed message)
    {
        if (_comparing is { } trial)
        {
            _comparing = null;
            if (!trial.Postponed)
                _log.Info("Chain {0}: this site does not vote on the trial that began in round {1} yet: {2}", _settings.Chain, trial.Began, message.Reason);
            trial.Postponed = true;
            JudgeLater();
            return;
        }

        if (_judging is not { } offer)
            return;
        _judging = null;
        _trace.JudgementEnded("postponed");
        // Others first; one that the chain has decided on meanwhile is gone.
        if (_offers.Remove(offer))
            _offers.Add(offer);
        if (!offer.Postponed)
            _log.Info("Chain {0}: the backbone of {1} is judged later: {2}", _settings.Chain, offer.Packet.SourceName, message.Reason);
        offer.Postponed = true;
        JudgeLater();
    }

    private void OnJudged(TrainingProtocol.AuxiliaryJudged message)
    {
        if (_judging is not { } offer)
            return;
        _judging = null;
        _trace.JudgementEnded(message.Decision.Accept ? "accepted" : "refused");
        if (_offers.Contains(offer))
            Vote(offer, message.Decision);
        JudgeNext();
    }

    private void OnTrialJudged(TrainingProtocol.TrialJudged message)
    {
        if (_comparing is not { } trial)
            return;
        _comparing = null;
        var decision = message.Decision;
        // One that the chain has decided meanwhile takes no votes any more.
        if (trial == _trial)
        {
            _log.Info("Chain {0}: this site votes on its trial: {1}", _settings.Chain, decision.Reason);
            Publish(new LearnerProtocol.TrialJudged(_settings.Site, _settings.Chain, trial.Began, decision));
            trial.Vote = _settings.Transactions.Create(TrialVote.Of(trial.Began, decision.Gain));
            _settings.Replica.Tell(new ChainProtocol.Submit(trial.Vote));
        }

        JudgeNext();
    }

    private void Vote(Offer offer, GateDecision decision)
    {
        offer.Voted = true;
        var packet = offer.Packet;
        _log.Info("Chain {0}: this site {1} the backbone of {2}: {3}", _settings.Chain, decision.Accept ? "accepts" : "refuses", packet.SourceName, decision.Reason);
        Publish(new LearnerProtocol.OfferJudged(_settings.Site, _settings.Chain, packet.SourceName, packet.Sequence, decision));
        _settings.Replica.Tell(new ChainProtocol.Submit(_settings.Transactions.Create(new GateVote(packet.SourceChain, packet.Sequence, decision.Accept))));
    }

    private void OnFinalModel(LearningProtocol.FinalModelReady message)
    {
        if (_personalizing)
            return;
        _personalizing = true;
        _round = null;
        _log.Info("Chain {0}: the training together is over behind round {1}; this site looks for a model of its own", _settings.Chain, message.Round);
        Publish(new LearnerProtocol.CollaborationCompleted(_settings.Site, _settings.Chain, message.Round, message.Model));
        _settings.Trainer.Tell(new TrainingProtocol.Evaluate(message.Model, DataSplit.Validation, message.Round));
        _settings.Trainer.Tell(new TrainingProtocol.Personalize(message.Model, message.Model.Digest));
    }

    private void OnPersonalized(TrainingProtocol.Personalized message)
    {
        var result = message.Result;
        _log.Info(
            "Chain {0}: this site's own model is '{1}'; loss that others save over it, at the lower end of the interval: {2}", _settings.Chain, result.Chosen,
            result.Candidates.Count == 0
                ? "none was tried, for lack of validation images of each class"
                : string.Join(", ", result.Candidates.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.MarginLowerBound:0.000}"))));
        Publish(new LearnerProtocol.PersonalModelReady(_settings.Site, _settings.Chain, result));
    }

    /// <summary>Coarse validation metrics of a final model go on the chain.</summary>
    private void OnEvaluated(TrainingProtocol.Evaluated message)
    {
        if (message.Tag is not (long round and > 0) || !double.IsFinite(message.Score.Auc))
            return;
        var metrics = new Metrics(
            round, (int)Math.Round(message.Score.Auc * 100) * 10_000, (int)Math.Log2(Math.Max(1, message.Score.Samples)));
        _settings.Replica.Tell(new ChainProtocol.Submit(_settings.Transactions.Create(metrics)));
    }

    private void OnCompared(LearningProtocol.UpdatesCompared message)
    {
        Publish(new LearnerProtocol.UpdatesCompared(_settings.Site, _settings.Chain, message.Round, message.Scores));
        foreach (var score in message.Scores.Where(s => s.StandsOut))
        {
            _log.Warning(
                "Chain {0}, round {1}: the update of {2} stands apart: {3:0.0} × the usual distance from its neighbours, {4:0.0} × the usual length. "
                + "It was counted as the chain's rule has it; whether it is rare patients, a fault or an attack is for people to find out.",
                _settings.Chain, message.Round, score.Member, score.DistancePpm * 1e-6, score.NormPpm * 1e-6);
        }
    }

    private void Trouble(string what)
    {
        _log.Warning("Chain {0}: {1}", _settings.Chain, what);
        Publish(new LearnerProtocol.Trouble(_settings.Site, _settings.Chain, what));
    }

    private static void Publish(LearnerProtocol.IProgress progress) => Context.System.EventStream.Publish(progress);

    private sealed record TryAgain(long Round);

    private sealed class JudgeAgain
    {
        public static JudgeAgain Instance { get; } = new();
    }

    /// <summary>A trial that the chain has not decided.</summary>
    private sealed class Trial(LearningProtocol.TrialModelsReady ready)
    {
        public long Began => ready.Began;

        public FixedPointModel Own => ready.Own;

        public FixedPointModel Offered => ready.Offered;

        /// <summary>This site's; null before it has one.</summary>
        public Transaction? Vote { get; set; }

        public bool Postponed { get; set; }
    }

    /// <summary>A backbone that the chain has not decided on.</summary>
    private sealed class Offer(LearningProtocol.AuxiliaryReady ready)
    {
        public AuxiliaryPacket Packet => ready.Packet;

        public AuxiliaryBackbone Backbone => new(ready.Packet.SourceName, ready.Backbone);

        public bool Voted { get; set; }

        public bool Postponed { get; set; }
    }
}
