using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Actors.Training;

/// <summary>
/// One chain's training at one site, on a thread of its own (<see cref="DispatcherConfig"/>): torch work is synchronous there and never on
/// Akka's shared dispatchers. libtorch is loaded by the first request. See <see cref="TrainingProtocol"/>.
/// </summary>
public sealed class TrainingActor : ReceiveActor
{
    /// <summary>Written beside the state file when the collaborative training is over: the chain's model as <see cref="ModelFile"/>.</summary>
    public const string GlobalModelFile = "global.safetensors";

    /// <summary>The site's own, likewise.</summary>
    public const string PersonalModelFile = "personal.safetensors";

    internal const string Dispatcher = "pipeline-training-dispatcher";

    /// <summary>More training images than this factor since the last look, for a round or for an offer: the site is being filled.</summary>
    private const double Growth = 1.1;

    private readonly TrainingActorSettings _settings;
    private readonly ISampleStore _store;
    private readonly TorchRuntime _runtime;
    private readonly int _classes;
    private readonly IArchitecture _architecture;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationToken _stop;
    private readonly Dictionary<DataSplit, ImageSet> _images = [];
    private long _imagesVersion = -1;
    private int _seen;
    private BranchStates? _states;
    private SiteTrainer? _trainer;
    private PrivacyLedger? _spent;

    public TrainingActor(TrainingActorSettings settings, ISampleStore store, TorchRuntime runtime)
    {
        _settings = settings;
        _store = store;
        _runtime = runtime;
        _classes = settings.Task.Classes.Count;
        _architecture = ArchitectureCatalog.Create(settings.Task.Architecture);
        var stop = new CancellationTokenSource();
        _stop = stop.Token;
        // A message that is being worked at cannot be stopped by another: personalization alone may take minutes.
        CoordinatedShutdown.Get(Context.System).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, $"end-training-{settings.Chain}", () =>
        {
            stop.Cancel();
            return Task.FromResult(Done.Instance);
        });
        Receive<TrainingProtocol.TrainRound>(OnTrainRound);
        Receive<TrainingProtocol.Evaluate>(c => Answer(
            c, t => new TrainingProtocol.Evaluated(c.Split, t.Evaluate(c.Model.ToFloats(), Images(c.Split)), c.Tag)));
        Receive<TrainingProtocol.JudgeAuxiliary>(c => Answer(c, t => Judge(c, t)));
        Receive<TrainingProtocol.JudgeTrial>(c => Answer(c, t => Judge(c, t)));
        Receive<TrainingProtocol.Personalize>(c => Answer(c, t => new TrainingProtocol.Personalized(Personalize(c, t))));
        Receive<TrainingProtocol.ContributionMissed>(TakeBack);
        Receive<TrainingProtocol.TrialOver>(EndTrial);
    }

    /// <summary>A dispatcher with one dedicated thread per training actor; a fallback of the system's configuration.</summary>
    public static Config DispatcherConfig { get; } = ConfigurationFactory.ParseString(
        Dispatcher + " { type = PinnedDispatcher, throughput = 1 }");

    public static Props Props(TrainingActorSettings settings, ISampleStore store, TorchRuntime runtime) =>
        Akka.Actor.Props.Create(() => new TrainingActor(settings, store, runtime)).WithDispatcher(Dispatcher);

    protected override void PostStop() => _spent?.Dispose();

    private void OnTrainRound(TrainingProtocol.TrainRound c)
    {
        var span = Traces.Begin(Spans.Training, c.Trace)?.SetTag(TraceKeys.Chain, _settings.Chain).SetTag(TraceKeys.Round, c.Round).SetTag(TraceKeys.Steps, _settings.Policy.LocalSteps);
        string result = "failed";
        Answer(c, trainer =>
        {
            var reply = Train(c, trainer);
            result = reply is TrainingProtocol.RoundTrained { TrainLoss: var loss } ? double.IsNaN(loss) ? "repeated" : "trained" : "skipped";
            if (reply is TrainingProtocol.RoundTrained trained)
                span?.SetTag(TraceKeys.Images, trained.Samples).SetTag(TraceKeys.Bytes, trained.Payload.Length);
            return reply;
        });
        Traces.End(span, result);
    }

    private TrainingProtocol.IReply Train(TrainingProtocol.TrainRound c, SiteTrainer trainer)
    {
        var data = Images(DataSplit.Train);
        _seen = data.Count;
        var before = _states!.Of(c.Branch);
        if (before.Round == c.Round && before.Payload.Length > 0)
        {
            if (before.Base == c.BaseDigest)
            {
                KeepState();
                return new TrainingProtocol.RoundTrained(c.Round, before.Payload, double.NaN, data.Count, _spent?.SpentMicro ?? 0);
            }

            // The round starts from another model than the one answered for: that answer can be in no aggregate.
            TakeBack(new TrainingProtocol.ContributionMissed(c.Round));
            before = _states.Of(c.Branch);
        }

        int[] counts = data.ClassCounts(_classes);
        int scarce = Array.FindIndex(counts, count => count < _settings.Trainer.MinimumPerClass);
        if (scarce >= 0)
        {
            return new TrainingProtocol.RoundSkipped(
                c.Round, $"{counts[scarce]} training images of class '{_settings.Task.Classes[scarce]}' on {_settings.Chain}; waiting for {_settings.Trainer.MinimumPerClass}");
        }

        if (Pay(c, data, out var privacy) is { } refusal)
            return new TrainingProtocol.RoundSkipped(c.Round, $"{_settings.Chain}: {refusal}");
        // Steps with differential privacy are computed here alone.
        var sharing = privacy is null ? _settings.Sharing : null;
        var shared = sharing?.Begin(Math.Min(_settings.Policy.BatchSize, data.Count), (node, why) => Leave(c.Round, node, why), _stop);
        var (state, loss, error) = SiteRound.Run(
            trainer, before, c.Base, c.BaseDigest, _settings.Policy, c.Round, c.Seed, _settings.SiteSecret, data, privacy, shared, c.Branch);
        if (shared is not null)
            sharing!.End(shared);
        if (state is null)
            return new TrainingProtocol.RoundSkipped(c.Round, error!);
        _states.Save(c.Branch, state);
        KeepState();
        return new TrainingProtocol.RoundTrained(
            c.Round, state.Payload, loss, data.Count, _spent?.SpentMicro ?? 0, shared?.Trainers ?? 1);
    }

    private void Leave(long round, string node, string why) => _log.Warning(
        "{0}: node {1} is left out for the rest of round {2}, whose steps go on without it: {3}", _settings.Chain, node, round, why);

    /// <summary>Pays for a round before any of it is computed. A crash between here and the answer costs the patients nothing, and the budget a round.</summary>
    private string? Pay(TrainingProtocol.TrainRound c, ImageSet data, out PrivateRound? privacy)
    {
        privacy = null;
        if (_settings.Policy.Privacy is null)
        {
            return _settings.Limits.Demanding
                ? "this site contributes only with differential privacy, and the chain's policy has none; see its privacy-max-epsilon and privacy-min-noise"
                : null;
        }

        var terms = PrivacyTerms.Of(_settings.Policy, _settings.Limits);
        int units = PrivacyUnits.Of(terms.Unit, data.Patients).Length;
        privacy = new PrivateRound(terms, new CryptographicNoise());
        if (_spent!.TryCharge(terms, units, c.Round, c.BaseDigest, c.ReportedMicro, _states!.Answered) is { } refusal)
            return refusal;
        _settings.Shared?.Keep(_settings.PrivacyFile);
        return null;
    }

    /// <summary>Before an answer leaves: another node that goes on in this one's place must give the very same.</summary>
    private void KeepState()
    {
        foreach (string file in _states!.Changed.ToArray())
        {
            _settings.Shared?.Keep(file);
            _states.Kept(file);
        }
    }

    private void TakeBack(TrainingProtocol.ContributionMissed missed)
    {
        if (Load(out _) is { } trainer && _states!.Change(missed.Round, Back))
            KeepSoon(KeepState);

        SiteState Back(SiteState state) => state with
        {
            Payload = [],
            Residual = PartialUpdate.TakeBack(trainer.Layout, _settings.Policy, state.Payload, state.Residual),
        };
    }

    private void EndTrial(TrainingProtocol.TrialOver over)
    {
        if (Load(out _) is null)
            return;
        KeepSoon(() =>
        {
            _states!.End(over.Began, over.Accepted);
            KeepState();
        });
    }

    /// <summary>What a disk refuses here is done with the next round, whose answer is not given before it is kept.</summary>
    private void KeepSoon(Action keep)
    {
        try
        {
            keep();
        }
        catch (IOException e)
        {
            _log.Warning("{0}: {1}", _settings.Chain, e.Message);
        }
    }

    /// <summary>A vote cannot be taken back, so it is not given on the first few images of a site that is being filled.</summary>
    private TrainingProtocol.IReply Judge(TrainingProtocol.JudgeAuxiliary c, SiteTrainer trainer)
    {
        var gate = new HarmGate(trainer, _classes, _settings.Gate);
        var train = Images(DataSplit.Train);
        var data = ImageSet.Concat([train, Images(DataSplit.Validation)]);
        int before = _seen;
        _seen = train.Count;
        if (gate.Shortage(data) is { } shortage)
            return new TrainingProtocol.AuxiliaryPostponed(shortage);
        return train.Count > Growth * before
            ? new TrainingProtocol.AuxiliaryPostponed($"images are coming in: {train.Count} now, {before} before")
            : new TrainingProtocol.AuxiliaryJudged(_settings.Policy.Trial is null
                ? gate.Judge(c.Own, c.Offer, _settings.Policy, data, c.Seed)
                : gate.Screen(c.Own, c.Offer, data, c.Seed));
    }

    /// <summary>No branch was trained on this site's validation images.</summary>
    private TrainingProtocol.IReply Judge(TrainingProtocol.JudgeTrial c, SiteTrainer trainer)
    {
        var gate = new TrialGate(_classes);
        var held = Images(DataSplit.Validation);
        return gate.Shortage(held.Labels) is { } shortage
            ? new TrainingProtocol.AuxiliaryPostponed(shortage)
            : new TrainingProtocol.TrialJudged(gate.Judge(Predict(c.Own), Predict(c.Offered), held.Labels));

        float[] Predict(FixedPointModel model) => trainer.Predict(model.ToFloats(), held).Probabilities;
    }

    private PersonalizationResult Personalize(TrainingProtocol.Personalize c, SiteTrainer trainer)
    {
        var train = Images(DataSplit.Train);
        if (train.Count == 0)
            throw new InvalidOperationException("there are no training images to personalize with");
        float[] start = _architecture.Initialize(trainer.Layout, SeededRandom.Derive(c.Seed, "local/start").NextUInt64());
        float[] local = Baselines.Train(_architecture, _settings.Task, _settings.Trainer, _settings.Policy, start, train, c.Seed, stop: _stop);
        float[] global = c.Global.ToFloats();
        var result = new Personalizer(trainer, _classes, _settings.Personalizer).Run(
            global, local, _settings.Policy, train, Images(DataSplit.Validation), Images(DataSplit.Test), c.Seed);
        string folder = Path.GetDirectoryName(_settings.StateFile)!;
        var facts = new Dictionary<string, string> { ["chain"] = _settings.Chain, ["model"] = c.Global.Digest.ToString() };
        new ModelFile(_settings.Task, new TrainedModel("global", global), facts).Write(Path.Combine(folder, GlobalModelFile));
        new ModelFile(_settings.Task, result.Model, facts).Write(Path.Combine(folder, PersonalModelFile));
        return result;
    }

    /// <summary>A split's images at this moment; converted again only when some came, went or changed their label.</summary>
    private ImageSet Images(DataSplit split)
    {
        long version = _store.Version;
        if (version != _imagesVersion)
        {
            _images.Clear();
            _imagesVersion = version;
        }

        if (!_images.TryGetValue(split, out var images))
            _images[split] = images = ImageSet.Of(_store.Snapshot(split), _settings.Task.Height, _settings.Task.Width);
        return images;
    }

    private void Answer(TrainingProtocol.ICommand command, Func<SiteTrainer, TrainingProtocol.IReply> work)
    {
        if (Load(out string? error) is not { } trainer)
        {
            Sender.Tell(new TrainingProtocol.TrainingFailed(command, error!));
            return;
        }

        try
        {
            long before = TorchSharp.torch.Tensor.TotalCount;
            Sender.Tell(work(trainer));
            if (_log.IsDebugEnabled)
                _log.Debug("{0}: {1} done, {2} live tensors (before {3})", _settings.Chain, command.GetType().Name, TorchSharp.torch.Tensor.TotalCount, before);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _log.Info("{0}: {1} is given up, this site stops", _settings.Chain, command.GetType().Name);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException or OutOfMemoryException or System.Runtime.InteropServices.ExternalException)
        {
            _log.Error(e, "{0}: {1} failed", _settings.Chain, command.GetType().Name);
            Sender.Tell(new TrainingProtocol.TrainingFailed(command, $"{_settings.Chain}: {command.GetType().Name} failed: {e.Message}"));
        }
    }

    private SiteTrainer? Load(out string? error)
    {
        error = null;
        if (_trainer is not null)
        {
            _runtime.EnterTrainingThread();
            return _trainer;
        }

        var device = _runtime.Resolve(_settings.Device, out error);
        if (device is null)
            return null;
        _runtime.EnterTrainingThread();
        // A round that patients' privacy has been spent on is not given up, so with differential privacy this trainer ends what it has begun.
        var trainer = new SiteTrainer(_architecture, _settings.Task, _settings.Trainer, device, _settings.Policy.Privacy is null ? _stop : default);
        try
        {
            _settings.Shared?.Fetch(Path.GetDirectoryName(Path.GetFullPath(_settings.StateFile))!);
            _states = new BranchStates(_settings.StateFile, trainer.Layout);
            if (_settings.Policy.Privacy is { } policy)
                _spent ??= PrivacyLedger.Open(_settings.PrivacyFile, policy.DeltaPpb * 1e-9, new DiskFileSystem());
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            error = e.Message;
            return null;
        }

        return _trainer = trainer;
    }
}
