using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Site;

/// <summary>What this site says of offered backbones, and of the trials that they lead to.</summary>
public sealed partial class ChainLearner
{
    private readonly List<Offer> _offers = [];
    private Offer? _judging;
    private Trial? _trial;
    private Trial? _comparing;

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
