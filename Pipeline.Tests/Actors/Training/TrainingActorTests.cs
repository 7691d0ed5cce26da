using Akka.Actor;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class TrainingActorTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Digest Seed = Digest.Of([9]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("training-actor");
    private readonly FixedPointModel _model;

    public TrainingActorTests() : base(TrainingActor.DispatcherConfig)
    {
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        _model = FixedPointModel.FromFloats(layout, architecture.Initialize(layout, 1));
    }

    [Fact]
    public async Task A_round_asked_again_after_a_restart_is_answered_with_the_same_payload()
    {
        var store = new MemorySamples(SyntheticImages.Samples(24, 1));
        var first = await Train(Start(store), 1);
        var again = await Train(Start(store), 1);
        Assert.Equal(first.Payload, again.Payload);
        Assert.True(UpdateChecks.TryDecode(_model.Layout, SyntheticImages.Policy, first.Payload, out var decoded, out string? error), error);
        Assert.Equal((1, _model.Digest), (decoded.Round, decoded.Base));
        Assert.NotEqual(first.Payload, (await Train(Start(store), 2)).Payload);
    }

    [Fact]
    public async Task A_site_with_too_few_samples_of_a_class_waits_and_says_so()
    {
        var actor = Start(new MemorySamples([.. SyntheticImages.Samples(24, 1).Where(s => s.Label == 0)]));
        actor.Tell(new TrainingProtocol.TrainRound(1, _model, _model.Digest, Seed), TestActor);
        var skipped = await ExpectMsgAsync<TrainingProtocol.RoundSkipped>(Patience);
        Assert.Contains("0 training images of class 'spot'", skipped.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missed_contribution_returns_to_the_residual_once()
    {
        var actor = Start(new MemorySamples(SyntheticImages.Samples(24, 1)));
        await Train(actor, 1);
        actor.Tell(new TrainingProtocol.ContributionMissed(1), TestActor);
        actor.Tell(new TrainingProtocol.ContributionMissed(1), TestActor);
        actor.Tell(new TrainingProtocol.Evaluate(_model, DataSplit.Train, "done"), TestActor);
        Assert.Equal("done", (await ExpectMsgAsync<TrainingProtocol.Evaluated>(Patience)).Tag);
        var state = new Pipeline.Actors.Updates.SiteStateFile(StateFile, _model.Layout).Load();
        Assert.Empty(state.Payload);
        Assert.Contains(state.Residual, value => Math.Abs(value) > 0.001f);
    }

    [Fact]
    public async Task An_offer_is_judged_when_there_are_images_enough_and_no_longer_many_more_by_the_look()
    {
        var samples = new MemorySamples([.. SyntheticImages.Samples(24, 1).Where(s => s.Label == 0)]);
        var actor = Start(samples);
        Assert.Contains("too little to judge by", (await Postponed()).Reason, StringComparison.Ordinal);
        samples.Append([.. SyntheticImages.Samples(24, 2).Where(s => s.Label == 1)]);
        Assert.Contains("24 now, 12 before", (await Postponed()).Reason, StringComparison.Ordinal);
        await Train(actor, 1);
        samples.Append(SyntheticImages.Samples(8, 3));
        Assert.Contains("32 now, 24 before", (await Postponed()).Reason, StringComparison.Ordinal);
        Ask();
        Assert.True(double.IsFinite((await ExpectMsgAsync<TrainingProtocol.AuxiliaryJudged>(Patience)).Decision.ProbeOffered));

        void Ask() => actor.Tell(new TrainingProtocol.JudgeAuxiliary(_model, new AuxiliaryBackbone("other", BackbonePayload.FromModel(_model)), Seed), TestActor);

        async Task<TrainingProtocol.AuxiliaryPostponed> Postponed()
        {
            Ask();
            return await ExpectMsgAsync<TrainingProtocol.AuxiliaryPostponed>(Patience);
        }
    }

    [Fact]
    public async Task A_site_that_stops_does_not_wait_for_what_is_being_computed()
    {
        // Hours of work, were it not for the stop.
        var actor = Start(new MemorySamples(SyntheticImages.Samples(24, 1)), SyntheticImages.Policy with { Rounds = 1_000_000 });
        actor.Tell(new TrainingProtocol.Evaluate(_model, DataSplit.Train), TestActor);
        actor.Tell(new TrainingProtocol.Personalize(_model, Seed), TestActor);
        await ExpectMsgAsync<TrainingProtocol.Evaluated>(Patience);
        _ = Sys.Terminate();
        await Sys.WhenTerminated.WaitAsync(Patience);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, TrainingActor.PersonalModelFile)));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    private string StateFile => Path.Combine(_folder.FullName, "state.bin");

    private IActorRef Start(ISampleStore store, RoundPolicy? policy = null) => Sys.ActorOf(TrainingActor.Props(
        new TrainingActorSettings(
            "chain", SyntheticImages.Task, policy ?? SyntheticImages.Policy, TrainerSettings.Default, new HarmGateSettings(), new PersonalizerSettings(),
            StateFile, "cpu", "secret"),
        store, new TorchRuntime()));

    private async Task<TrainingProtocol.RoundTrained> Train(IActorRef actor, long round)
    {
        actor.Tell(new TrainingProtocol.TrainRound(round, _model, _model.Digest, Seed), TestActor);
        return await ExpectMsgAsync<TrainingProtocol.RoundTrained>(Patience);
    }
}
