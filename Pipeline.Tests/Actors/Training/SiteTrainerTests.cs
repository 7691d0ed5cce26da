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
    private readonly ResidualCnnSmall _architecture = new();

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
