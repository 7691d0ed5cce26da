using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class SiteTrainerTests
{
    private readonly ResidualCnn _architecture = ResidualCnn.Small;

    public SiteTrainerTests() => Assert.Null(new TorchRuntime().Load());

    [Fact]
    public void Learns_repeats_exactly_and_leaves_no_native_tensor_behind()
    {
        ImageSet train = SyntheticImages.Set(64, 1), test = SyntheticImages.Set(64, 2);
        (float[] weights, _) = Run(train);
        long baseline = torch.Tensor.TotalCount;
        (float[] again, var trainer) = Run(train);
        Assert.Equal(weights, again);
        Assert.True(trainer.Evaluate(again, test).Auc > 0.9);
        Assert.Equal(baseline, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_an_error_value()
    {
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var start = _architecture.Initialize(trainer.Layout, 1);
        start[^1] = float.NaN;
        var training = trainer.Train(1, start, SyntheticImages.Set(16, 1), SyntheticImages.Policy, new SeededRandom(1));
        Assert.Contains("loss", training.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proximal_policy_keeps_local_steps_near_the_rounds_model()
    {
        var data = SyntheticImages.Set(32, 5);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        float[] start = _architecture.Initialize(trainer.Layout, 1);
        var plain = SyntheticImages.Policy with { LocalSteps = 8 };
        double free = Distance(plain), pulled = Distance(plain with { Update = new UpdatePolicy(ProximalPpm: 500_000_000) });
        Assert.True(pulled < 0.7 * free, $"{pulled} against {free}");

        double Distance(RoundPolicy policy)
        {
            trainer.Optimizer.Reset();
            float[] end = trainer.Train(3, start, data, policy, new SeededRandom(1)).Weights;
            return Math.Sqrt(end.Zip(start, (e, s) => (double)(e - s) * (e - s)).Sum());
        }
    }

    [Fact]
    public void What_waits_for_its_turn_is_a_sites_start_or_fades_as_the_policy_says()
    {
        var data = SyntheticImages.Set(32, 5);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, _architecture.Initialize(trainer.Layout, 1));
        var still = SyntheticImages.Policy with { LearningRatePpm = 0 };
        float[] residual = [.. Enumerable.Range(0, model.Layout.Length).Select(i => i % 100 == 0 ? 0.01f : 0.001f)];
        foreach (var (update, kept) in new[] { (UpdatePolicy.Plain, 1f), (UpdatePolicy.Plain with { StartFromResidual = true }, 1f), (UpdatePolicy.Plain with { ResidualKeepPpm = 500_000 }, 0.5f) })
        {
            var state = SiteState.Fresh(model.Layout.Length) with { Residual = residual };
            var (next, _, error) = SiteRound.Run(trainer, state, model, model.Digest, still with { Update = update }, 1, Digest.Of([1]), "s", data);
            Assert.Null(error);
            // Nothing was learned, so what is sent and what stays are what waited, less what faded.
            float[] whole = PartialUpdate.TakeBack(model.Layout, still, next!.Payload, next.Residual);
            Assert.All(Enumerable.Range(0, whole.Length), i => Assert.Equal(kept * residual[i], whole[i], 1e-5f));
        }
    }

    [Fact]
    public void A_chains_class_weights_take_the_place_of_the_trainers()
    {
        var data = SyntheticImages.Set(32, 5);
        float[] start = _architecture.Initialize(_architecture.Layout(SyntheticImages.Task), 1);
        var weighed = SyntheticImages.Policy with { Update = new UpdatePolicy(ClassWeights: new ClassWeights([4_000_000, 500_000])) };
        float[] byChain = Train(TrainerSettings.Default, weighed), byTrainer = Train(TrainerSettings.Default with { ClassWeights = [4f, 0.5f] }, SyntheticImages.Policy);
        Assert.Equal(byTrainer, byChain);
        Assert.NotEqual(Train(TrainerSettings.Default, SyntheticImages.Policy), byChain);

        float[] Train(TrainerSettings settings, RoundPolicy policy) =>
            new SiteTrainer(_architecture, SyntheticImages.Task, settings).Train(1, start, data, policy, new SeededRandom(1)).Weights;
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(16, 1.414214)]
    [InlineData(1000, 0.5)]
    [InlineData(2, 2)]
    public void A_sites_changes_count_by_the_root_of_its_images(int typical, double weight)
    {
        var data = SyntheticImages.Set(32, 5);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, _architecture.Initialize(trainer.Layout, 1));
        float[] alone = Change(SyntheticImages.Policy), weighed = Change(SyntheticImages.Policy with { Update = new UpdatePolicy(TypicalImages: typical, MomentumPpm: 1) });
        Assert.All(Enumerable.Range(0, alone.Length), i => Assert.Equal(weight * alone[i], weighed[i], 1e-4));

        float[] Change(RoundPolicy policy)
        {
            var next = SiteRound.Run(trainer, SiteState.Fresh(model.Layout.Length), model, model.Digest, policy, 1, Digest.Of([1]), "s", data).State!;
            return PartialUpdate.TakeBack(model.Layout, policy, next.Payload, next.Residual);
        }
    }

    /// <summary>What three quarters of one class teach the head's bias is mostly that they are three quarters.</summary>
    [Fact]
    public void Logit_adjustment_keeps_a_sites_class_frequencies_out_of_the_heads_bias()
    {
        var all = SyntheticImages.Set(64, 5, contrast: 0);
        var data = all.Subset([.. Enumerable.Range(0, 64).Where(i => i % 2 == 0 || i % 8 == 1)]);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, _architecture.Initialize(trainer.Layout, 1));
        var policy = SyntheticImages.Policy with { LocalSteps = 100, Rounds = 1 };
        double plain = Lean(policy), adjusted = Lean(policy with { Update = new UpdatePolicy(PriorPpm: 1_000_000) });
        Assert.True(plain > 0.5 && Math.Abs(adjusted) < plain / 2, $"{plain} against {adjusted}");
        var balanced = all.Subset([.. Enumerable.Range(0, 32)]);
        Assert.All(trainer.Prior(policy with { Update = new UpdatePolicy(PriorPpm: 2_000_000) }, balanced), p => Assert.Equal(2 * MathF.Log(0.5f), p, 1e-6f));
        Assert.Empty(trainer.Prior(policy, data));

        // By how much the mean logit prefers the frequent class, on images that tell nothing.
        double Lean(RoundPolicy by)
        {
            var next = SiteRound.Run(trainer, SiteState.Fresh(model.Layout.Length), model, model.Digest, by, 1, Digest.Of([1]), "s", data).State!;
            float[] change = PartialUpdate.TakeBack(model.Layout, by, next.Payload, next.Residual), weights = model.ToFloats();
            for (int i = 0; i < weights.Length; i++)
                weights[i] += change[i];
            float[] p = trainer.Predict(weights, SyntheticImages.Set(64, 9, contrast: 0)).Probabilities;
            return Enumerable.Range(0, 64).Average(i => Math.Log(p[2 * i] / p[2 * i + 1]));
        }
    }

    /// <summary>Where nothing is learned, a second round moves by the control alone, and by nine tenths of the velocity.</summary>
    [Fact]
    public void A_round_carries_control_and_velocity_to_the_next()
    {
        var data = SyntheticImages.Set(32, 5);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, _architecture.Initialize(trainer.Layout, 1));
        var policy = SyntheticImages.Policy with { Update = new UpdatePolicy(MomentumPpm: 900_000) };
        var first = Run(SiteState.Fresh(model.Layout.Length), policy, 1);
        var sent = Enumerable.Range(0, first.Velocity.Length).Where(i => first.Velocity[i] == 0).ToHashSet();
        Assert.True(sent.Count >= model.Layout.DenseLength);
        Assert.All(Enumerable.Range(0, first.Velocity.Length).Where(i => !sent.Contains(i)), i => Assert.Equal(first.Velocity[i], first.Residual[i], 1e-6f));
        Assert.All(Change(Run(first, policy with { LearningRatePpm = 0 }, 2)).Select((w, i) => (w, i)), c => Assert.Equal(first.Residual[c.i] + 0.9f * first.Velocity[c.i], c.w, 1e-4f));

        // Of the mean, this site sent all and the others nothing: it is moved back by half of that, shared out over the learning rates.
        var controlled = SyntheticImages.Policy with { Update = new UpdatePolicy(ControlPpm: 500_000) };
        var one = Run(SiteState.Fresh(model.Layout.Length), controlled, 1);
        Assert.All(one.Control, c => Assert.Equal(0, c));
        float[] own = PartialUpdate.TakeBack(model.Layout, controlled, one.Payload, new float[model.Layout.Length]);
        double share = 0.5 / trainer.Rates(controlled, 1);
        var two = Run(one, controlled, 2);
        Assert.All(Enumerable.Range(0, own.Length), i => Assert.Equal(-share * own[i], two.Control[i], 1e-3));
        Assert.Equal(one.Control, Run(one with { Payload = [] }, controlled, 2).Control);

        SiteState Run(SiteState state, RoundPolicy by, long round) => SiteRound.Run(trainer, state, model, model.Digest, by, round, Digest.Of([1]), "s", data).State!;

        float[] Change(SiteState state) => PartialUpdate.TakeBack(model.Layout, policy, state.Payload, state.Residual);
    }

    [Fact]
    public void The_simulated_chain_learns_within_a_hundredth_of_the_bytes()
    {
        var layout = _architecture.Layout(SyntheticImages.Task);
        var start = FixedPointModel.FromFloats(layout, _architecture.Initialize(layout, 3));
        var simulation = new FederatedSimulation(
            _architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy, start,
            [SyntheticImages.Set(48, 11), SyntheticImages.Set(48, 12)], Digest.Of([1]), 2);
        for (int round = 0; round < SyntheticImages.Policy.Rounds; round++)
            simulation.Step();
        Assert.All(simulation.PayloadBytes, bytes => Assert.True(100 * bytes <= 4 * layout.Length, $"{bytes} bytes"));
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        Assert.True(trainer.Evaluate(simulation.Model.ToFloats(), SyntheticImages.Set(64, 13)).Auc > 0.75);
    }

    private (float[] Weights, SiteTrainer Trainer) Run(ImageSet train)
    {
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        float[] weights = _architecture.Initialize(trainer.Layout, 7);
        for (int round = 1; round <= SyntheticImages.Policy.Rounds; round++)
            weights = trainer.Train(round, weights, train, SyntheticImages.Policy, new SeededRandom((ulong)round)).Weights;
        return (weights, trainer);
    }
}
