using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

public sealed class SiteMemoryTests
{
    private const int Steps = 10;
    private const double Rate = 0.05;

    private static readonly ModelLayout Layout = new([new TensorLayout("w", [2], ParameterRole.Backbone, 22)]);

    /// <summary>Two sites with losses h/2 · (w − b)²: their own ways are of different length, so that plain means of ten steps end elsewhere than at Σ h·b / Σ h.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1_000_000, true)]
    [InlineData(200_000, true)]
    public void Control_variates_lead_sites_that_differ_to_the_minimum_of_their_sum(int controlPpm, bool reached)
    {
        (double Curvature, double Minimum)[] sites = [(1, -1), (8, 1)];
        var policy = SyntheticImages.Policy with { Update = new UpdatePolicy(ControlPpm: controlPpm) };
        var states = sites.Select(_ => SiteState.Fresh(2)).ToArray();
        var model = FixedPointModel.FromFloats(Layout, [0.3f, -0.2f]);
        for (int round = 0; round < 400; round++)
        {
            float[] start = model.ToFloats(), mean = new float[2];
            for (int s = 0; s < sites.Length; s++)
            {
                var memory = new SiteMemory(policy, states[s], model);
                float[] weights = (float[])start.Clone();
                for (int step = 0; step < Steps; step++)
                {
                    for (int i = 0; i < 2; i++)
                        weights[i] += (float)(-Rate * sites[s].Curvature * (weights[i] - sites[s].Minimum)) + (memory.Drift?[i] ?? 0) / Steps;
                }

                memory.Learn(start, weights);
                states[s] = states[s] with { Control = memory.Control };
                for (int i = 0; i < 2; i++)
                    mean[i] += (weights[i] - start[i]) / sites.Length;
            }

            var aggregate = FixedPointModel.FromFloats(Layout, mean);
            model = new FixedPointModel(Layout, [.. model.Weights.Zip(aggregate.Weights, (w, d) => w + d)], aggregate.Weights);
        }

        double optimum = sites.Sum(s => s.Curvature * s.Minimum) / sites.Sum(s => s.Curvature);
        Assert.All(model.ToFloats(), w => Assert.Equal(reached, Math.Abs(w - optimum) < 0.002));
    }

    [Fact]
    public void Velocity_is_added_again_until_it_is_sent()
    {
        var policy = SyntheticImages.Policy with { Update = new UpdatePolicy(MomentumPpm: 500_000) };
        var model = FixedPointModel.FromFloats(Layout, [0f, 0f]);
        var memory = new SiteMemory(policy, SiteState.Fresh(2) with { Velocity = [4f, 4f] }, model);
        Assert.Equal([3f, 2f], memory.Waiting([1f, 0f]));
        memory.Learn([0f, 0f], [1f, 1f]);
        memory.Clear([1]);
        Assert.Equal([3f, 0f], memory.Velocity);
        Assert.Null(memory.Drift);
    }

    [Fact]
    public void A_policy_without_either_remembers_nothing()
    {
        float[] residual = [1f, 2f];
        var memory = new SiteMemory(SyntheticImages.Policy, SiteState.Fresh(2), FixedPointModel.FromFloats(Layout, [0f, 0f]));
        memory.Learn([0f, 0f], [1f, 1f]);
        memory.Clear([0, 1]);
        Assert.Same(residual, memory.Waiting(residual));
        Assert.Null(memory.Drift);
        Assert.Empty(memory.Control);
        Assert.Empty(memory.Velocity);
    }
}
