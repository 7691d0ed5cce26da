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
    public void A_round_carries_control_and_velocity_to_the_next()
    {
        var data = SyntheticImages.Set(32, 5);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, _architecture.Initialize(trainer.Layout, 1));
        var policy = SyntheticImages.Policy with { Update = new UpdatePolicy(ControlPpm: 500_000, MomentumPpm: 900_000) };
        var first = SiteRound.Run(trainer, SiteState.Fresh(model.Layout.Length), model, model.Digest, policy, 1, Digest.Of([1]), "s", data).State!;
        // Before the first round both are empty: half of what changed is taken off, all of it stays in the velocity but what was sent.
        var sent = Enumerable.Range(0, first.Velocity.Length).Where(i => first.Velocity[i] == 0 && first.Control[i] != 0).ToArray();
        Assert.InRange(sent.Length, model.Layout.DenseLength / 2, model.Layout.DenseLength + UpdateChecks.MaxSelected(model.Layout, policy, 1));
        Assert.All(Enumerable.Range(0, first.Velocity.Length).Except(sent), i => Assert.Equal(-2 * first.Control[i], first.Velocity[i], 1e-6f));
        // Where nothing is learned, the second round moves by the control alone, and what waits by nine tenths of the velocity besides.
        var second = SiteRound.Run(trainer, first, model, model.Digest, policy with { LearningRatePpm = 0 }, 2, Digest.Of([1]), "s", data).State!;
        float[] whole = PartialUpdate.TakeBack(model.Layout, policy, second.Payload, second.Residual);
        Assert.All(Enumerable.Range(0, whole.Length), i => Assert.Equal(first.Residual[i] + first.Control[i] + 0.9f * first.Velocity[i], whole[i], 1e-4f));
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
