using CsCheck;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class RotatingSelectionTests
{
    private static readonly ModelLayout Layout = TestChain.Layout;
    private static readonly RoundPolicy Policy = Rotating(TestChain.Policy.DensityPpm);

    [Fact]
    public void Every_coordinate_is_sent_once_before_any_is_sent_again() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[1, 1_000_000], Gen.Int[0, 1000]).Sample((length, density, before) =>
        {
            var layout = Backbone(length);
            var policy = Rotating(density);
            int count = UpdateChecks.MaxSelected(layout, policy, 1);
            // From any round on: windows lie behind each other, so that whatever came round a second time has seen all others once.
            var sent = new int[length];
            for (int round = 1; round <= 2 * ((length + count - 1) / count); round++)
            {
                int[] positions = RotatingSelection.Of(layout, policy, before + round);
                Assert.Equal(count, positions.Length);
                for (int i = 0; i < count; i++)
                {
                    Assert.InRange(positions[i], i == 0 ? 0 : positions[i - 1] + 1, length - 1);
                    sent[positions[i]]++;
                }

                Assert.InRange(sent.Max() - sent.Min(), 0, 1);
            }

            Assert.True(sent.Min() >= 2);
        }, iter: 60);

    [Fact]
    public void The_order_follows_from_the_layout_alone_and_looks_like_none()
    {
        var policy = Rotating(10_000);
        int[] first = RotatingSelection.Of(Backbone(10_000), policy, 1);
        Assert.Equal(first, RotatingSelection.Of(Backbone(10_000), policy, 1));
        Assert.Equal(first, RotatingSelection.Of(Backbone(10_000), policy, 101));
        Assert.NotEqual(first, RotatingSelection.Of(Backbone(10_001), policy, 1));
        Assert.NotEqual(first, RotatingSelection.Of(Backbone(10_000), policy, 2));
        // A hundred of a hundred stretches at random leave about 37 empty; all in one stretch 99.
        Assert.InRange(100 - first.Select(p => p / 100).Distinct().Count(), 15, 60);
    }

    /// <summary>What replicas of any build must agree on: the first window of the test chain, computed once by a program that shares nothing with this one.</summary>
    [Fact]
    public void Golden_window() => Assert.Equal(
        [
            2, 4, 17, 24, 32, 33, 35, 47, 50, 57, 84, 98, 115, 126, 135, 138, 141, 146, 149, 152, 156, 170, 173, 175, 177, 182, 189, 233, 236, 261, 262, 292,
            300, 343, 345, 359,
        ],
        RotatingSelection.Of(Layout, Policy, 1));

    [Fact]
    public void A_round_beyond_any_that_will_be_has_its_coordinates_too()
    {
        Assert.Equal(UpdateChecks.MaxSelected(Layout, Policy, 1), RotatingSelection.Of(Layout, Policy, long.MaxValue).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => RotatingSelection.Of(Layout, Policy, 0));
    }

    [Theory]
    [InlineData(ValueFormat.Int8)]
    [InlineData(ValueFormat.Int4)]
    [InlineData(ValueFormat.Ternary)]
    public void An_update_comes_back_without_a_byte_for_its_positions(ValueFormat format)
    {
        var policy = Policy with { Update = Policy.Update! with { Format = format } };
        var update = Update(policy, 5);
        byte[] bytes = Canonical.Encode(update);
        Assert.True(bytes.Length <= UpdateChecks.MaxBytes(Layout, policy));
        Assert.InRange(bytes.Length - Layout.DenseLength - PackedValues.Length(format, update.SelectedCount), 0, 80);
        Assert.True(UpdateChecks.TryDecode(Layout, policy, bytes, out var decoded, out string? error), error);
        int[] flat = Window(policy, 5);
        Assert.Equal(flat, decoded.Indices[Layout.DenseLength..]);
        var (dense, selected) = UpdateEncoder.Decode(Layout, update);
        for (int i = 0; i < flat.Length; i++)
        {
            int bits = Layout.Tensors[Enumerable.Range(0, Layout.Tensors.Count).Last(t => Layout.Offsets[t] <= flat[i])].FractionBits;
            Assert.Equal(selected[i], decoded.Values[dense.Length + i] * MathF.ScaleB(1, -bits));
        }
    }

    [Fact]
    public void Other_coordinates_than_the_rounds_are_refused()
    {
        var update = Update(Policy, 5);
        Assert.Null(Error(Policy, update));
        // As any other selection writes them, even where they are the round's.
        int[] positions = RotatingSelection.Of(Layout, Policy, 5);
        int k = RiceCoder.OptimalParameter(positions.Length, Layout.SparseLength);
        var named = update with { Rotating = false, RiceParameter = k, Gaps = RiceCoder.Encode(positions, k) };
        Assert.Contains("names its coordinates", Error(Policy, named), StringComparison.Ordinal);
        Assert.Contains("lets each site choose", Error(Policy with { Update = null }, update), StringComparison.Ordinal);
        // Fewer would be others for those who count from the front.
        var fewer = update with { SelectedCount = update.SelectedCount - 1, Values = update.Values[..^1] };
        Assert.Contains("those of round 5 are", Error(Policy, fewer), StringComparison.Ordinal);
        Assert.Contains("those of round 0 are", Error(Policy, update with { Round = 0 }), StringComparison.Ordinal);
        // Of another round they mean that round's, and this one's replicas refuse the round.
        Assert.True(UpdateChecks.TryDecode(Layout, Policy, update with { Round = 6 }, out var later, out _));
        Assert.Equal(Window(Policy, 6), later.Indices[Layout.DenseLength..]);
        Assert.Contains("this is round 5", RoundAggregation.CheckBase(later, 5, Digest.Zero), StringComparison.Ordinal);
    }

    [Fact]
    public void Altered_bytes_never_throw_and_never_hold_other_coordinates()
    {
        byte[] bytes = Canonical.Encode(Update(Policy, 5));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] altered = [.. bytes];
            altered[at] = value;
            if (UpdateChecks.TryDecode(Layout, Policy, altered, out var decoded, out string? error))
                Assert.Equal(Window(Policy, decoded.Round), decoded.Indices[Layout.DenseLength..]);
            else
                Assert.NotEmpty(error);
        }, iter: 2000);
    }

    [Fact]
    public void Whatever_f_of_n_send_at_shared_coordinates_each_result_stays_within_the_honest_ones() =>
        Gen.Select(Gen.Int[3, 9], Gen.Int[0, 1 << 20], Gen.Int[1, 1 << 24]).Sample((n, seed, reach) =>
        {
            var random = new Random(seed);
            int faults = 1 + random.Next((n - 1) / 2);
            int[] indices = [.. Layout.Coordinates.Dense.ToArray().SelectMany(r => Enumerable.Range(r.FlatStart, r.Length)), .. Window(Policy, 3)];
            DecodedUpdate[] updates = [.. Enumerable.Range(0, n).Select(i =>
                new DecodedUpdate(3, Digest.Zero, indices, [.. indices.Select(_ => random.Next(-1000, 1000) + (i < faults ? random.Next(-reach, reach) : 0))]))];
            var policy = Policy with
            {
                ServerMomentumQ16 = 0,
                Aggregation = new AggregationPolicy(AggregationKind.TrimmedMean, faults, ClipNorms: false, MixNeighbours: false),
            };
            int[] result = IntegerAggregator.Step(new FixedPointModel(Layout, new int[Layout.Length], new int[Layout.Length]), policy, RobustRule.Of(policy), updates).Weights;
            for (int k = 0; k < indices.Length; k++)
            {
                int[] honest = [.. updates.Skip(faults).Select(u => u.Values[k])];
                Assert.InRange(result[indices[k]], honest.Min(), honest.Max());
            }
        }, iter: 500);

    [Fact]
    public void Values_of_other_coordinates_than_the_rounds_are_not_encoded()
    {
        var policy = Rotating(500_000);
        int[] positions = RotatingSelection.Of(Layout, policy, 2);
        Assert.NotEqual(positions, RotatingSelection.Of(Layout, policy, 1));
        Assert.Throws<ArgumentException>(() => UpdateEncoder.EncodeWithin(
            policy, Layout, 1, Digest.Zero, new float[Layout.DenseLength], positions, new float[positions.Length], new Random(1), new byte[SparseUpdate.SaltSize]));
    }

    private static string? Error(RoundPolicy policy, SparseUpdate update) => UpdateChecks.TryDecode(Layout, policy, update, out _, out string? error) ? null : error;

    /// <summary>Flat indices of a round's coordinates.</summary>
    private static int[] Window(RoundPolicy policy, long round) => [.. RotatingSelection.Of(Layout, policy, round).Select(p => Layout.Coordinates.ToFlat(p))];

    private static RoundPolicy Rotating(int density) => TestChain.Policy with { DensityPpm = density, Update = new UpdatePolicy(UpdateSelection.Rotating) };

    private static ModelLayout Backbone(int length) => new([new TensorLayout("w", [length], ParameterRole.Backbone, 20)]);

    private static SparseUpdate Update(RoundPolicy policy, long round)
    {
        var random = new Random(4);
        int[] positions = RotatingSelection.Of(Layout, policy, round);
        float[] dense = [.. Enumerable.Range(0, Layout.DenseLength).Select(_ => random.NextSingle() - 0.5f)];
        float[] selected = [.. positions.Select(_ => random.NextSingle() - 0.5f)];
        return UpdateEncoder.EncodeWithin(policy, Layout, round, Digest.Zero, dense, positions, selected, random, new byte[SparseUpdate.SaltSize]);
    }
}
