using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Updates;

public sealed class TensorQuotasTests
{
    private static readonly ModelLayout Layout = new(
    [
        new TensorLayout("stem", [30], ParameterRole.Backbone, 22), new TensorLayout("norm", [4], ParameterRole.Norm, 22),
        new TensorLayout("wide", [900], ParameterRole.Backbone, 22), new TensorLayout("last", [70], ParameterRole.Backbone, 22),
        new TensorLayout("head", [2, 4], ParameterRole.Head, 22),
    ]);

    private static readonly RoundPolicy Policy = new RoundPolicy(10, 1, 10, 1, 8, 1000, 0, 100_000, 1000L * RoundPolicy.One, 0, RoundPolicy.One, 0, [], 0) with
    {
        Update = new UpdatePolicy(UpdateSelection.LargestOfTensor),
    };

    [Fact]
    public void Every_tensor_has_its_share_and_all_together_the_count()
    {
        for (int count = 0; count <= Layout.SparseLength; count++)
        {
            int[] quotas = TensorQuotas.Of(Layout, count);
            Assert.Equal(count, quotas.Sum());
            for (int t = 0; t < quotas.Length; t++)
            {
                int length = Layout.Coordinates.Backbone[t].Length;
                Assert.InRange(quotas[t] - (double)count * length / Layout.SparseLength, -1, 1);
                Assert.InRange(quotas[t], 0, length);
            }
        }
    }

    [Fact]
    public void A_tensor_of_small_changes_sends_its_largest_beside_one_of_large_changes()
    {
        var backbone = new float[Layout.SparseLength];
        for (int i = 0; i < backbone.Length; i++)
            backbone[i] = i is >= 30 and < 930 ? 10 + i : (i % 2 == 0 ? 1 : -1) * 1e-3f * (1 + i % 30);
        int[] positions = LargestSelection.OfTensors(backbone, Layout, 100);
        Assert.Equal([.. positions.Order()], positions);
        Assert.Equal([27, 28, 29], positions[..3]);
        Assert.Equal([.. Enumerable.Range(840, 90)], positions[3..93]);
        Assert.Equal(7, positions[93..].Count(p => p >= 930));
        Assert.All(LargestSelection.Of(backbone, 100), p => Assert.InRange(p, 30, 929));
    }

    [Fact]
    public void An_update_that_gives_a_tensor_more_than_its_share_is_refused()
    {
        foreach (var (positions, refused) in new[] { (new[] { 0, 1, 2, 40, 950 }, false), ([0, 1, 2, 3, 40], true), ([.. Enumerable.Range(930, 8)], true) })
        {
            var update = UpdateEncoder.EncodeWithin(
                Policy, Layout, 1, Digest.Of([1]), new float[Layout.DenseLength], positions, [.. positions.Select(_ => 0.5f)], new Random(1),
                new byte[SparseUpdate.SaltSize]);
            Assert.Equal(refused, !UpdateChecks.TryDecode(Layout, Policy, update, out _, out string? error));
            Assert.True(!refused || error!.Contains("share of the policy's density", StringComparison.Ordinal), error);
        }
    }
}
