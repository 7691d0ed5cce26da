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
    [InlineData(1000)]
    [InlineData(0.05)]
    public void Nothing_is_lost_over_rounds(double maxNorm)
    {
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
            var update = PartialUpdate.Build(model, model.Digest, Policy(maxNorm), round, trained, residual, random);
            residual = update.Residual;
            Assert.True(UpdateChecks.TryDecode(Layout, Policy(maxNorm), update.Payload, out var decoded, out string? error), error);
            for (int i = 0; i < decoded.Indices.Length; i++)
                sent[decoded.Indices[i]] += Math.ScaleB(decoded.Values[i], -22);
            for (int i = 0; i < deltas.Length; i++)
                deltas[i] += trained[i] - (double)start[i];
        }

        for (int i = 0; i < deltas.Length; i++)
            Assert.Equal(deltas[i], sent[i] + residual[i], 1e-5);
    }

    [Fact]
    public void An_update_that_no_aggregate_took_in_returns_to_the_residual()
    {
        var random = new SeededRandom(3);
        var model = FixedPointModel.FromFloats(Layout, Gaussians(random, 1));
        var start = model.ToFloats();
        var delta = Gaussians(random, 0.01);
        var update = PartialUpdate.Build(
            model, model.Digest, Policy(), 1, [.. start.Zip(delta, (s, d) => s + d)], new float[Layout.Length], random);
        var restored = PartialUpdate.TakeBack(Layout, update.Payload, update.Residual);
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

    private static float[] Gaussians(SeededRandom random, double deviation) =>
        [.. Enumerable.Range(0, Layout.Length).Select(_ => (float)(deviation * random.NextGaussian()))];
}
