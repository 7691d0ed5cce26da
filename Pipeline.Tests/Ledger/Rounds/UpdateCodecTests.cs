using CsCheck;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class UpdateCodecTests
{
    private static readonly ModelLayout Layout = TestChain.Layout;
    private static readonly RoundPolicy Policy = TestChain.Policy;
    private static readonly TestChain Chain = new();

    [Fact]
    public void Decoding_is_within_one_step_of_the_value_and_agrees_with_the_integers_that_replicas_add() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Float[1e-6f, 2f]).Sample((seed, scale) =>
        {
            var random = new Random(seed);
            float[] dense = [.. Enumerable.Range(0, Layout.DenseLength).Select(_ => scale * ((2 * random.NextSingle()) - 1))];
            int[] positions = [.. Enumerable.Range(0, Layout.SparseLength).Where(_ => random.Next(20) == 0).Take(UpdateChecks.MaxSelected(Layout, Policy, 1))];
            float[] selected = [.. positions.Select(_ => scale * ((2 * random.NextSingle()) - 1))];
            var update = UpdateEncoder.Encode(Layout, 1, Digest.Zero, dense, positions, selected, random, new byte[16]);
            var (decodedDense, decodedSelected) = UpdateEncoder.Decode(Layout, update);
            float[] values = [.. dense, .. selected], back = [.. decodedDense, .. decodedSelected];
            for (int i = 0; i < values.Length; i++)
            {
                float step = MathF.ScaleB(1, -update.Exponents[i / SparseUpdate.BlockSize]);
                Assert.True(Math.Abs(values[i] - back[i]) <= step, $"item {i}: {values[i]} became {back[i]}, step {step}");
            }

            Assert.True(UpdateChecks.TryDecode(Layout, Policy with { MaxNorm = long.MaxValue }, update, out var decoded, out string? error), error);
            for (int i = 0; i < back.Length; i++)
            {
                int bits = Layout.Tensors[TensorOf(decoded.Indices[i])].FractionBits;
                Assert.Equal(back[i], decoded.Values[i] * Math.ScaleB(1.0, -bits));
            }
        }, iter: 200);

    [Fact]
    public void Each_block_has_the_finest_scale_that_its_largest_value_allows()
    {
        var dense = new float[Layout.DenseLength];
        dense[3] = 0.75f;
        var update = UpdateEncoder.Encode(Layout, 1, Digest.Zero, dense, [], [], new Random(1), new byte[16]);
        // 0.75 · 2⁷ = 96 ≤ 127 < 0.75 · 2⁸.
        Assert.Equal([7], update.Exponents);
        Assert.Equal(96, update.Values[3]);
    }

    [Fact]
    public void Stochastic_rounding_is_unbiased()
    {
        var dense = new float[Layout.DenseLength];
        dense[0] = 1f;
        dense[1] = 0.3f / 64;
        var random = new Random(7);
        double sum = 0;
        const int Draws = 20_000;
        for (int i = 0; i < Draws; i++)
            sum += UpdateEncoder.Decode(Layout, UpdateEncoder.Encode(Layout, 1, Digest.Zero, dense, [], [], random, new byte[16])).Dense[1];
        Assert.InRange(sum / Draws * 64, 0.28, 0.32);
    }

    [Fact]
    public void EncodeWithin_clips_to_a_norm_that_the_checks_accept()
    {
        float[] dense = [.. Enumerable.Repeat(5f, Layout.DenseLength)];
        var policy = Policy with { MaxNorm = RoundPolicy.One / 100 };
        var update = UpdateEncoder.EncodeWithin(policy, Layout, 1, Digest.Zero, dense, [3], [9f], new Random(3), new byte[16]);
        Assert.True(UpdateChecks.TryDecode(Layout, policy, update, out _, out string? error), error);
        Assert.Contains(update.Values, v => v != 0);
    }

    [Fact]
    public void A_delta_far_beyond_the_norm_is_clipped_and_not_lost()
    {
        float[] dense = [.. Enumerable.Repeat(1e6f, Layout.DenseLength)];
        var update = UpdateEncoder.EncodeWithin(Policy, Layout, 1, Digest.Zero, dense, [], [], new Random(3), new byte[16]);
        double norm = Math.Sqrt(UpdateEncoder.Decode(Layout, update).Dense.Sum(v => (double)v * v));
        Assert.InRange(norm, 9, 10);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_not_finite_are_a_fault_of_the_caller(float bad)
    {
        var dense = new float[Layout.DenseLength];
        dense[5] = bad;
        Assert.Throws<ArgumentException>(() => UpdateEncoder.Encode(Layout, 1, Digest.Zero, dense, [], [], new Random(1), new byte[16]));
    }

    [Fact]
    public void Positions_must_ascend() => Assert.Throws<ArgumentException>(() =>
        UpdateEncoder.Encode(Layout, 1, Digest.Zero, new float[Layout.DenseLength], [4, 4], [1f, 1f], new Random(1), new byte[16]));

    [Fact]
    public void Canonical_bytes_round_trip_within_the_size_bound()
    {
        var update = Chain.Update(1, Chain.InitialModel.Digest, 5);
        byte[] bytes = Canonical.Encode(update);
        Assert.True(bytes.Length <= UpdateChecks.MaxBytes(Layout, Policy));
        Assert.True(UpdateChecks.TryDecode(Layout, Policy, bytes, out var decoded, out string? error), error);
        Assert.Equal((1L, Chain.InitialModel.Digest), (decoded.Round, decoded.Base));
        Assert.Equal(decoded.Indices.Length, decoded.Indices.Distinct().Count());
    }

    private static int TensorOf(int flat) => Enumerable.Range(0, Layout.Tensors.Count).Last(t => Layout.Offsets[t] <= flat);
}
