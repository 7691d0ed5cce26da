using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>Models: which are needed, where they come from, and who is told of them.</summary>
public sealed partial class AggregatorActor
{
    // Of the trial that members judge, beside the model that the chain stands at.
    private FixedPointModel? _offered;
    private long _toldTrial;

    /// <summary>The closed round whose aggregate is the model sought, when it is remembered and did not diverge here.</summary>
    private RoundClosed? Recomputable =>
        _seeking is { } model && _progress.ClosedTo(model) is { } closed && closed.Round != _divergedRound ? closed : null;

    private bool IsNeeded(Digest model) => model == _progress.Model || model == _progress.Judged?.Offered;

    private void TellReady(RoundOpened opened, FixedPointModel model)
    {
        if (_toldRound == opened.Round)
            return;
        _toldRound = opened.Round;
        _toldFinal = false;
        _listener.Tell(new LearningProtocol.ModelReady(opened.Round, opened.Base, opened.Seed, model, opened.Branch));
    }

    private void TellFinal(TrainingCompleted completed, FixedPointModel model)
    {
        if (_toldFinal)
            return;
        _toldFinal = true;
        _listener.Tell(new LearningProtocol.FinalModelReady(completed.Round, model));
    }

    /// <summary>Once since the start, as long as the own vote is not on the chain.</summary>
    private void TellTrial(TrialReady trial, FixedPointModel own)
    {
        if (_toldTrial == trial.Began || _progress.OwnJudged == trial.Began)
            return;
        _offered = new[] { _offered, _candidate, own }.FirstOrDefault(model => model?.Digest == trial.Offered);
        if (_offered is null)
        {
            Seek(trial.Offered);
            return;
        }

        _toldTrial = trial.Began;
        _listener.Tell(new LearningProtocol.TrialModelsReady(trial.Began, own, _offered));
    }

    /// <summary>A trial may have ended before its models were found, and with either of them.</summary>
    private void TakeWhatIsHeld(Digest needed)
    {
        _model = new[] { _candidate, _offered }.FirstOrDefault(model => model?.Digest == needed) ?? _model;
        if (_progress.Judged is null)
            _offered = null;
        if (_seeking is { } sought && !IsNeeded(sought))
            _seeking = null;
    }

    private void Seek(Digest needed)
    {
        // An aggregate under way is most likely the very model; one that still waits for payloads is overtaken.
        if (_seeking == needed || _collection is { Running: true })
            return;
        _collection = null;
        _seeking = needed;
        _work.Load(needed, Self);
    }

    private void OnModelLoaded(AggregatorWork.ModelLoaded loaded)
    {
        if (loaded.Error is not null)
            _log.Warning("Model {0} in the store is unusable: {1}", loaded.Digest.Short, loaded.Error);
        if (_seeking == loaded.Digest && loaded.Model is not null)
        {
            Hold(loaded.Model);
            Advance();
        }
        else if (_seeking == loaded.Digest && loaded.Error is null)
        {
            _exchange.Tell(new PayloadProtocol.Fetch(loaded.Digest));
        }
        else if (_seeking == loaded.Digest)
        {
            Timers.StartSingleTimer(loaded.Digest, new Refetch(loaded.Digest), _settings.RetryInterval);
        }
        else if (loaded.Model is not null && Recomputable is { } closed && closed.Base == loaded.Digest)
        {
            Collect(closed, loaded.Model);
        }
    }

    /// <summary>What is needed no more when it comes is let go.</summary>
    private void Hold(FixedPointModel model)
    {
        if (model.Digest == _progress.Model)
            _model = model;
        else if (model.Digest == _progress.Judged?.Offered)
            _offered = model;
        if (_seeking == model.Digest)
            _seeking = null;
        if (_collection is { Running: false })
            _collection = null;
    }
}
