using System.Globalization;
using Akka.Actor;
using Akka.Event;
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
public sealed partial class ChainLearner : ReceiveActor, IWithTimers
{
    private const string Paused = "the operator has paused training (pipeline.trainer.pause)";

    private readonly ChainLearnerSettings _settings;
    private readonly LearnerTrace _trace;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private LearningProtocol.ModelReady? _round;
    private Digest? _offered;
    private Transaction? _contribution;
    private long _spent;
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
}
