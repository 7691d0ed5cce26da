using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Updates;

public sealed class PartialUpdateTests
{
    private static readonly ModelLayout Layout = new(
    [
        new TensorLayout("conv", [20, 50], ParameterRole.Backbone, 22), new TensorLayout("norm", [20], ParameterRole.Norm, 22),
        new TensorLayout("conv2", [500], ParameterRole.Backbone, 22), new TensorLayout("head", [2, 20], ParameterRole.Head, 22),
    ]);

    private static RoundPolicy Policy(double norm = 1000) => new(
        10, 1, 10, 1, 8, 1000, 0, 20_000, (long)(norm * RoundPolicy.One), 0, RoundPolicy.One, 0, [], 0);

    [Theory]
    [InlineData(1000, ValueFormat.Int8, UpdateSelection.Largest)]
    [InlineData(0.05, ValueFormat.Int8, UpdateSelection.Largest)]
    [InlineData(1000, ValueFormat.Int4, UpdateSelection.RandomThreshold)]
    [InlineData(0.05, ValueFormat.Ternary, UpdateSelection.Largest)]
    [InlineData(0.05, ValueFormat.Int8, UpdateSelection.LargestOfTensor)]
    [InlineData(1000, ValueFormat.Int4, UpdateSelection.Rotating)]
    [InlineData(0.05, ValueFormat.Int8, UpdateSelection.Rotating)]
    public void Nothing_is_lost_over_rounds(double maxNorm, ValueFormat format, UpdateSelection selection)
    {
        var policy = Policy(maxNorm) with { Update = new UpdatePolicy(selection, format, 0, 3, 100_000) };
        var random = new SeededRandom(2);
        var model = FixedPointModel.FromFloats(Layout, Gaussians(random, 1));
        var residual = new float[Layout.Length];
        var deltas = new double[Layout.Length];
        var sent = new double[Layout.Length];
        for (int round = 1; round <= 20; round++)
        {
            var start = model.ToFloats();
            var delta = Gaussians(random, 0.01);
            var trained = start.Zip(delta, (s, d) => s + d).ToArray();
            var update = PartialUpdate.Build(model, model.Digest, policy, round, trained, residual, random);
            residual = update.Residual;
            Assert.True(UpdateChecks.TryDecode(Layout, policy, update.Payload, out var decoded, out string? error), error);
            for (int i = 0; i < decoded.Indices.Length; i++)
                sent[decoded.Indices[i]] += Math.ScaleB(decoded.Values[i], -22);
            for (int i = 0; i < deltas.Length; i++)
                deltas[i] += trained[i] - (double)start[i];
        }

        for (int i = 0; i < deltas.Length; i++)
            Assert.Equal(deltas[i], sent[i] + residual[i], 1e-5);
    }

    [Theory]
    [InlineData(UpdateSelection.Largest)]
    [InlineData(UpdateSelection.Rotating)]
    public void An_update_that_no_aggregate_took_in_returns_to_the_residual(UpdateSelection selection)
    {
        var policy = Policy() with { Update = new UpdatePolicy(selection) };
        var random = new SeededRandom(3);
        var model = FixedPointModel.FromFloats(Layout, Gaussians(random, 1));
        var start = model.ToFloats();
        var delta = Gaussians(random, 0.01);
        var update = PartialUpdate.Build(
            model, model.Digest, policy, 3, [.. start.Zip(delta, (s, d) => s + d)], new float[Layout.Length], random);
        var restored = PartialUpdate.TakeBack(Layout, policy, update.Payload, update.Residual);
        for (int i = 0; i < delta.Length; i++)
            Assert.Equal(delta[i], restored[i], 1e-5f);
    }

    [Fact]
    public void Norms_and_head_are_always_sent_and_the_backbone_at_the_policys_density()
    {
        var random = new SeededRandom(4);
        var model = FixedPointModel.FromFloats(Layout, new float[Layout.Length]);
        var update = PartialUpdate.Build(model, model.Digest, Policy(), 1, Gaussians(random, 0.1), new float[Layout.Length], random);
        var decoded = Canonical.Decode<SparseUpdate>(update.Payload);
        Assert.Equal(30, decoded.SelectedCount);
        Assert.Equal(Layout.DenseLength + 30, decoded.Values.Length);
    }

    [Fact]
    public void An_update_in_another_format_than_the_policys_is_refused()
    {
        var random = new SeededRandom(6);
        var model = FixedPointModel.FromFloats(Layout, new float[Layout.Length]);
        var ternary = Policy() with { Update = new UpdatePolicy(Format: ValueFormat.Ternary) };
        byte[] payload = PartialUpdate.Build(model, model.Digest, ternary, 1, Gaussians(random, 0.1), new float[Layout.Length], random).Payload;
        Assert.True(UpdateChecks.TryDecode(Layout, ternary, payload, out _, out string? error), error);
        Assert.False(UpdateChecks.TryDecode(Layout, Policy(), payload, out _, out error));
        Assert.Equal("values as Ternary; the policy has Int8", error);
    }

    [Fact]
    public void Random_selection_draws_among_the_largest()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => (float)i)];
        int[] drawn = RandomSelection.Of(values, 50, new SeededRandom(5));
        Assert.Equal(50, drawn.Distinct().Count());
        Assert.Equal(drawn.Order(), drawn);
        Assert.All(drawn, i => Assert.True(i >= 800));
        // Of 200 above the threshold the 50 largest alone would be a chance of less than 10⁻⁴⁰.
        Assert.Contains(drawn, i => i < 950);
    }

    private static float[] Gaussians(SeededRandom random, double deviation) =>
        [.. Enumerable.Range(0, Layout.Length).Select(_ => (float)(deviation * random.NextGaussian()))];
}
