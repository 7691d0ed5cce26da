using Akka.Actor;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class PrivateTrainingTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly RoundPolicy Private = SyntheticImages.Policy with
    {
        LocalSteps = 2,
        BatchSize = 6,
        Privacy = new PrivacyPolicy(PrivacyUnit.Patient, 4, RoundPolicy.One, 1_500_000, 10_000, 3_500_000),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("private-training");
    private readonly FixedPointModel _model;

    public PrivateTrainingTests() : base(TrainingActor.DispatcherConfig)
    {
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        _model = FixedPointModel.FromFloats(layout, architecture.Initialize(layout, 1));
    }

    [Fact]
    public void Without_noise_and_clipping_it_is_the_training_there_was()
    {
        var settings = TrainerSettings.Default with { Augmentation = new Augmentation(0, 0, 0, false), ClassWeights = [1.4f, 0.6f] };
        var data = SyntheticImages.Set(12, 3);
        var policy = SyntheticImages.Policy with { BatchSize = 12, LocalSteps = 3 };
        float[] start = _model.ToFloats();
        // A weighted batch is divided by its class weights, which are 12 here: what a sum over units is divided by.
        var plain = new SiteTrainer(ResidualCnn.Small, SyntheticImages.Task, settings).Train(1, start, data, policy, new SeededRandom(1));
        var terms = new PrivacyTerms(PrivacyUnit.Image, 1, 1e6, 1e-15, 1e-5, 1, 12, 3);
        var quiet = new SiteTrainer(ResidualCnn.Small, SyntheticImages.Task, settings).TrainPrivately(
            1, start, data, policy, new PrivateRound(terms, new SeededNoise(new SeededRandom(2))));
        Assert.Null(quiet.Error);
        double moved = plain.Weights.Zip(start, (a, b) => Math.Abs(a - b)).Average(), apart = plain.Weights.Zip(quiet.Weights, (a, b) => Math.Abs(a - b)).Average();
        Assert.True(apart < 0.02 * moved, $"{apart} apart after moving by {moved}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_frozen_backbone_stays_and_nothing_of_it_is_sent(bool isPrivate)
    {
        var policy = Private with { Update = UpdatePolicy.Plain with { FrozenBackbone = true }, Privacy = isPrivate ? Private.Privacy : null };
        var terms = new PrivacyTerms(PrivacyUnit.Patient, 4, 1, 1.5, 1e-5, 8, policy.BatchSize, policy.LocalSteps);
        var trainer = new SiteTrainer(ResidualCnn.Small, SyntheticImages.Task, TrainerSettings.Default);
        var (state, _, error) = SiteRound.Run(
            trainer, SiteState.Fresh(_model.Layout.Length), _model, _model.Digest, policy, 1, Digest.Of([1]), "s", SyntheticImages.Set(24, 3),
            isPrivate ? new PrivateRound(terms, new SeededNoise(new SeededRandom(2))) : null);
        Assert.Null(error);
        Assert.True(UpdateChecks.TryDecode(_model.Layout, policy, state!.Payload, out var update, out error), error);
        Assert.Equal(_model.Layout.DenseLength, update.Indices.Length);
        Assert.Contains(update.Values, value => value != 0);
        var backbone = new float[_model.Layout.SparseLength];
        _model.Layout.Coordinates.GatherBackbone<float>(state.Residual, backbone);
        Assert.All(backbone, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task A_site_pays_before_it_trains_answers_again_without_paying_and_stops_when_the_budget_is_gone()
    {
        var actor = Start();
        var first = Assert.IsType<TrainingProtocol.RoundTrained>(await Ask(actor, 1, 0));
        Assert.True(first.SpentMicro > 0);
        Assert.Equal(first.Payload, Assert.IsType<TrainingProtocol.RoundTrained>(await Ask(actor, 1, first.SpentMicro)).Payload);
        await actor.GracefulStop(Patience);

        // After a restart: the very same payload and spending; then on until there is no more.
        actor = Start();
        var again = Assert.IsType<TrainingProtocol.RoundTrained>(await Ask(actor, 1, first.SpentMicro));
        Assert.Equal((first.SpentMicro, true), (again.SpentMicro, again.Payload.AsSpan().SequenceEqual(first.Payload)));
        long spent = first.SpentMicro, round = 1;
        TrainingProtocol.IReply reply;
        while ((reply = await Ask(actor, ++round, spent)) is TrainingProtocol.RoundTrained trained)
        {
            Assert.InRange(trained.SpentMicro, spent + 1, 3_500_000);
            spent = trained.SpentMicro;
        }

        Assert.Contains("budget is exhausted", Assert.IsType<TrainingProtocol.RoundSkipped>(reply).Reason, StringComparison.Ordinal);
        Assert.True(round > 2, "the budget was gone at once");
    }

    [Fact]
    public async Task A_restored_older_copy_of_the_spending_trains_nothing()
    {
        var actor = Start();
        await Ask(actor, 1, 0);
        await actor.GracefulStop(Patience);
        File.Delete(Path.Combine(_folder.FullName, "privacy.ledger"));
        var skipped = Assert.IsType<TrainingProtocol.RoundSkipped>(await Ask(Start(), 2, 0));
        Assert.Contains("old copy", skipped.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_demands_privacy_contributes_nothing_without_it()
    {
        var skipped = Assert.IsType<TrainingProtocol.RoundSkipped>(await Ask(Start(SyntheticImages.Policy, new PrivacyLimits(2, 0)), 1, 0));
        Assert.Contains("only with differential privacy", skipped.Reason, StringComparison.Ordinal);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    private IActorRef Start(RoundPolicy? policy = null, PrivacyLimits? limits = null) => Sys.ActorOf(TrainingActor.Props(
        new TrainingActorSettings(
            "chain", SyntheticImages.Task, policy ?? Private, TrainerSettings.Default, new HarmGateSettings(), new PersonalizerSettings(),
            Path.Combine(_folder.FullName, "state.bin"), "cpu", "secret")
        {
            Limits = limits ?? PrivacyLimits.None,
        },
        new MemorySamples(SyntheticImages.Samples(24, 1)), new TorchRuntime()));

    private async Task<TrainingProtocol.IReply> Ask(IActorRef actor, long round, long reported)
    {
        actor.Tell(new TrainingProtocol.TrainRound(round, _model, _model.Digest, Digest.Of([9]), reported), TestActor);
        return await ExpectMsgAsync<TrainingProtocol.IReply>(Patience);
    }
}
