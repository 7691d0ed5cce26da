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
            int[] quotas = TensorQuotas.Of(Layout, count, count * 7L);
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
    public void A_tensor_whose_share_is_less_than_one_has_its_turn()
    {
        // 30 of 1000 coordinates at a count of 10: three in ten rounds.
        foreach (long first in new[] { 1L, 1_000_003L, long.MaxValue - 999 })
        {
            int[] stem = [.. Enumerable.Range(0, 1000).Select(r => TensorQuotas.Of(Layout, 10, first + r)[0])];
            Assert.InRange(stem.Sum(), 290, 310);
            Assert.All(Enumerable.Range(0, 990), r => Assert.InRange(stem[r..(r + 10)].Sum(), 1, 5));
        }
    }

    [Fact]
    public void A_tensor_of_small_changes_sends_its_largest_beside_one_of_large_changes()
    {
        var backbone = new float[Layout.SparseLength];
        for (int i = 0; i < backbone.Length; i++)
            backbone[i] = i is >= 30 and < 930 ? 10 + i : (i % 2 == 0 ? 1 : -1) * 1e-3f * (1 + i % 30);
        int[] positions = LargestSelection.OfTensors(backbone, Layout, [3, 90, 7]);
        Assert.Equal([.. positions.Order()], positions);
        Assert.Equal([27, 28, 29], positions[..3]);
        Assert.Equal([.. Enumerable.Range(840, 90)], positions[3..93]);
        Assert.Equal(7, positions[93..].Count(p => p >= 930));
        Assert.All(LargestSelection.Of(backbone, 100), p => Assert.InRange(p, 30, 929));
    }

    [Fact]
    public void An_update_that_gives_a_tensor_more_than_its_share_is_refused()
    {
        foreach (var (positions, refused) in new[] { (new[] { 0, 1, 2, 40, 950 }, false), ([0, 1, 2, 3, 4, 40], true), ([.. Enumerable.Range(930, 9)], true) })
        {
            float[] dense = new float[Layout.DenseLength], values = [.. positions.Select(_ => 0.5f)];
            byte[] salt = new byte[SparseUpdate.SaltSize];
            var update = UpdateEncoder.Encode(Layout, 1, Digest.Of([1]), dense, positions, values, new Random(1), salt, Policy.Update);
            Assert.Equal(refused, !UpdateChecks.TryDecode(Layout, Policy, update, out _, out string? error));
            Assert.Equal(refused, Record.Exception(() => UpdateEncoder.EncodeWithin(Policy, Layout, 1, Digest.Of([1]), dense, positions, values, new Random(1), salt)) is ArgumentException);
            Assert.True(!refused || error!.Contains("its share in round 1 is", StringComparison.Ordinal), error);
        }
    }
}
