using System.Globalization;
using Akka.Actor;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class TrainingActorTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Digest Seed = Digest.Of([9]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("training-actor");
    private readonly ITestOutputHelper _output;
    private readonly FixedPointModel _model;

    public TrainingActorTests(ITestOutputHelper output) : base(TrainingActor.DispatcherConfig)
    {
        _output = output;
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
        var state = new SiteStateFile(StateFile, _model.Layout).Load();
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

    /// <summary>The reference runs of trials stand for a chain: the same rounds in the same order give the same bytes, whatever restarts lie between.</summary>
    [Fact]
    public async Task A_site_answers_the_rounds_of_trials_as_the_simulated_chain_does()
    {
        ulong seed = Environment.GetEnvironmentVariable("PIPELINE_TEST_SEED") is { } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)(Environment.TickCount & 0xFFFF);
        _output.WriteLine($"PIPELINE_TEST_SEED={seed}");
        var random = new SeededRandom(seed);
        var policy = SyntheticImages.Policy with { Rounds = 40, LocalSteps = 1, BatchSize = 8, Update = new UpdatePolicy(ControlPpm: 500_000, MomentumPpm: 500_000), Trial = new TrialPolicy(2, 1_000_000, 80_000) };
        var samples = SyntheticImages.Samples(24, seed);
        var chain = new FederatedSimulation(
            ResidualCnn.Small, SyntheticImages.Task, TrainerSettings.Default, policy, _model, [ImageSet.Of(samples, SyntheticImages.Side, SyntheticImages.Side)], Digest.Of([1]), 1);
        var store = new MemorySamples(samples);
        var actor = Start(store, policy, "site-0");
        var course = new SortedDictionary<long, (RoundBranch Branch, FixedPointModel Base, byte[] Payload)>();
        var branchBase = new Dictionary<TrialSide, FixedPointModel>();
        var ends = new Dictionary<long, TrainingProtocol.TrialOver>();
        for (int part = 0; part < 6; part++)
        {
            if (part > 0 && random.Next(2) == 0)
            {
                var offer = BackbonePayload.FromModel(FixedPointModel.FromFloats(_model.Layout, ResidualCnn.Small.Initialize(_model.Layout, random.NextUInt64())));
                (branchBase[TrialSide.Own], branchBase[TrialSide.Offered]) = (chain.Model, chain.Model);
                bool accept = random.Next(2) == 0;
                ends[chain.Round + policy.Trial.TotalRounds] = new TrainingProtocol.TrialOver(chain.Round + 1, accept);
                chain.Trial(offer, (_, _) => accept, fork =>
                {
                    course[fork.Round] = (fork.Branch, branchBase[fork.Branch.Side], fork.Payloads[0]);
                    branchBase[fork.Branch.Side] = fork.Model;
                });
            }
            else
            {
                var (branch, start) = (chain.Branch, chain.Model);
                chain.Step();
                course[chain.Round] = (branch, start, chain.Payloads[0]);
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)chain.Round).Select(r => (long)r), course.Keys);
        foreach (var (round, (branch, start, payload)) in course)
        {
            if (random.Next(3) == 0)
                actor = Start(store, policy, "site-0");
            for (int asked = random.Next(2); asked >= 0; asked--)
            {
                actor.Tell(
                    new TrainingProtocol.TrainRound(round, start, start.Digest, Digest.Of([.. Digest.Of([1]).ToArray(), .. BitConverter.GetBytes(round)])) { Branch = branch }, TestActor);
                var trained = await ExpectMsgAsync<TrainingProtocol.RoundTrained>(Patience);
                Assert.True(payload.AsSpan().SequenceEqual(trained.Payload), $"seed {seed}, round {round}, {branch}");
            }

            if (ends.TryGetValue(round, out var over))
                actor.Tell(over, TestActor);
        }
    }

    [Fact]
    public async Task An_offer_to_be_tried_is_screened_and_a_trial_is_judged_by_held_out_images()
    {
        var samples = new MemorySamples(SyntheticImages.Samples(24, 1));
        var actor = Start(samples, SyntheticImages.Policy with { Trial = new TrialPolicy(2, 1_000_000, 80_000) });
        await Train(actor, 1);
        actor.Tell(new TrainingProtocol.JudgeAuxiliary(_model, new AuxiliaryBackbone("other", BackbonePayload.FromModel(_model)), Seed), TestActor);
        var screened = (await ExpectMsgAsync<TrainingProtocol.AuxiliaryJudged>(Patience)).Decision;
        Assert.True(screened.Accept && double.IsNaN(screened.Gain), screened.Reason);

        actor.Tell(new TrainingProtocol.JudgeTrial(_model, _model), TestActor);
        Assert.Contains("held-out images", (await ExpectMsgAsync<TrainingProtocol.AuxiliaryPostponed>(Patience)).Reason, StringComparison.Ordinal);
        samples.Append([.. SyntheticImages.Samples(8, 5).Select(s => s with { Split = DataSplit.Validation })]);
        actor.Tell(new TrainingProtocol.JudgeTrial(_model, _model), TestActor);
        var judged = (await ExpectMsgAsync<TrainingProtocol.TrialJudged>(Patience)).Decision;
        Assert.Equal((false, 0), (judged.Accept, judged.Gain));
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

    private IActorRef Start(ISampleStore store, RoundPolicy? policy = null, string secret = "secret") => Sys.ActorOf(TrainingActor.Props(
        new TrainingActorSettings(
            "chain", SyntheticImages.Task, policy ?? SyntheticImages.Policy, TrainerSettings.Default, new HarmGateSettings(), new PersonalizerSettings(),
            StateFile, "cpu", secret),
        store, new TorchRuntime()));

    private async Task<TrainingProtocol.RoundTrained> Train(IActorRef actor, long round)
    {
        actor.Tell(new TrainingProtocol.TrainRound(round, _model, _model.Digest, Seed), TestActor);
        return await ExpectMsgAsync<TrainingProtocol.RoundTrained>(Patience);
    }
}
