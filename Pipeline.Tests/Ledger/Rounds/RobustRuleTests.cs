using System.Numerics;
using CsCheck;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class RobustRuleTests
{
    private static readonly ModelLayout Layout = new(
    [
        new TensorLayout("conv", [4, 3], ParameterRole.Backbone, 20),
        new TensorLayout("norm", [2], ParameterRole.Norm, 18),
        new TensorLayout("head", [5], ParameterRole.Head, 22),
    ]);

    private static readonly Gen<DecodedUpdate> Update =
        Gen.Select(Gen.Int[0, 1 << 19], Gen.OneOf(Gen.Int[-9, 9], Gen.Int[-1_000_000, 1_000_000]).Array[19]).Select((mask, values) =>
        {
            int[] indices = [.. Enumerable.Range(0, 19).Where(i => (mask >> i & 1) != 0)];
            return new DecodedUpdate(1, Digest.Zero, indices, [.. indices.Select(i => values[i])]);
        });

    private static readonly Gen<(DecodedUpdate[] Updates, AggregationPolicy Policy)> Case =
        Gen.Select(Update.Array[1, 9], Gen.Int[0, 4], Gen.Bool, Gen.Bool, Gen.Int[1, 4]).Select((updates, faults, clip, mix, kind) =>
            (updates, new AggregationPolicy((AggregationKind)kind, faults, clip, mix)));

    [Fact]
    public void Every_rule_equals_the_naive_one() => Case.Sample(c =>
    {
        var naive = new NaiveRobust(Layout, c.Updates, c.Policy);
        int[] actual = Aggregate(c.Policy, c.Updates);
        if (c.Policy.Kind == AggregationKind.CenteredClipping)
        {
            double[] close = naive.CenteredClipping();
            for (int i = 0; i < actual.Length; i++)
                Assert.InRange(actual[i], close[i] - 15, close[i] + 15);
            return;
        }

        Assert.Equal(
            c.Policy.Kind switch
            {
                AggregationKind.TrimmedMean => naive.TrimmedMean(),
                AggregationKind.Median => naive.Median(),
                _ => naive.MultiKrum(),
            },
            actual);
    }, iter: 3000);

    [Fact]
    public void The_order_of_the_updates_does_not_matter() => Gen.Select(Case, Gen.Int).Sample((c, seed) =>
    {
        var shuffled = c.Updates.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Aggregate(c.Policy, c.Updates), Aggregate(c.Policy, shuffled));
    }, iter: 1000);

    [Fact]
    public void Without_faults_all_but_the_median_are_the_mean() => Case.Sample(c =>
    {
        var policy = c.Policy with { Faults = 0 };
        if (policy.Kind == AggregationKind.Median)
            return;
        var mean = new int[Layout.Length];
        new MeanRule().Aggregate(c.Updates, 0, mean);
        // Centered clipping keeps its weights in 20 bits.
        int slack = policy.Kind == AggregationKind.CenteredClipping ? 10 : 0;
        Assert.All(mean.Zip(Aggregate(policy, c.Updates), (m, a) => Math.Abs(a - m)), apart => Assert.InRange(apart, 0, slack));
    }, iter: 1000);

    [Theory]
    [InlineData(AggregationKind.TrimmedMean)]
    [InlineData(AggregationKind.Median)]
    [InlineData(AggregationKind.MultiKrum)]
    [InlineData(AggregationKind.CenteredClipping)]
    public void Faults_within_the_bound_move_the_result_little_and_the_mean_without_limit(AggregationKind kind)
    {
        var random = new Random(3);
        for (int trial = 0; trial < 30; trial++)
        {
            int faults = 1 + trial % 2, honest = faults == 1 ? 4 : 6;
            int[] center = Values(random, 50_000, 0);
            DecodedUpdate[] good = [.. Enumerable.Range(0, honest).Select(_ => Dense([.. center.Zip(Values(random, 5_000, 0), (a, b) => a + b)]))];
            int[] lie = (trial % 3) switch
            {
                0 => [.. center.Select(v => -20 * v)],
                1 => Values(random, 1_000_000, 0),
                _ => [.. center.Select(v => v + 1_000_000)],
            };
            DecodedUpdate[] all = [.. good, .. Enumerable.Repeat(Dense(lie), faults)];
            double spread = good.Max(u => Far(u.Values, center));
            double moved = Far(Aggregate(new AggregationPolicy(kind, faults, true, true), all), center);
            Assert.True(moved <= 3 * spread, $"trial {trial}: {moved:0} from the honest center, whose own spread is {spread:0}");
            var mean = new int[Layout.Length];
            new MeanRule().Aggregate(all, 0, mean);
            Assert.True(Far(mean, center) > 3 * spread, $"trial {trial}: the attack does not even move the mean");
        }
    }

    [Fact]
    public void Inner_products_equal_big_integers_however_large_the_values() =>
        Gen.Select(Gen.Int.Array[19], Gen.Int.Array[19]).Sample((a, b) =>
        {
            var geometry = new UpdateGeometry(Layout, [Dense(a), Dense(b)]);
            BigInteger exact = 0;
            for (int i = 0, tensor = 0; i < 19; i++)
            {
                while (i >= Layout.Offsets[tensor] + Layout.Tensors[tensor].Length)
                    tensor++;
                exact += ((BigInteger)a[i] * b[i]) << (2 * (28 - Layout.Tensors[tensor].FractionBits));
            }

            return geometry.Products[0, 1] == exact;
        });

    [Fact]
    public void A_model_of_many_chunks_and_ranges_equals_the_naive_one()
    {
        const int length = (5 << 18) + 77;
        var layout = new ModelLayout([new TensorLayout("a", [length - 1000], ParameterRole.Backbone, 22), new TensorLayout("b", [1000], ParameterRole.Head, 20)]);
        var random = new Random(11);
        int[] places = [.. Enumerable.Range(0, 40).Select(_ => random.Next(length - 1000)), .. Enumerable.Range(length - 20, 20)];
        DecodedUpdate[] updates = [.. Enumerable.Range(0, 6).Select(_ =>
        {
            int[] indices = [.. places.Where(p => p >= length - 1000).Distinct(), .. places.Where(p => p < length - 1000 && random.Next(2) == 0).Distinct().Order()];
            return new DecodedUpdate(1, Digest.Zero, indices, [.. indices.Select(_ => random.Next(-100_000, 100_000))]);
        })];
        var model = new FixedPointModel(layout, new int[length], new int[length]);
        var policy = TestChain.Policy with { Aggregation = AggregationPolicy.Robust(1), ServerMomentumQ16 = 0, ServerRateQ16 = RoundPolicy.One };
        int[] weights = IntegerAggregator.Step(model, policy, RobustRule.Of(policy), updates).Weights;

        // The same on the touched coordinates alone.
        int[] touched = [.. places.Distinct().Order()];
        var small = new ModelLayout([.. touched.Select((p, i) => new TensorLayout($"t{i}", [1], ParameterRole.Backbone, p < length - 1000 ? 22 : 20))]);
        var naive = new NaiveRobust(
            small, [.. updates.Select(u => u with { Indices = [.. u.Indices.Select(i => Array.BinarySearch(touched, i))] })], AggregationPolicy.Robust(1));
        Assert.Equal(naive.TrimmedMean(), touched.Select(p => weights[p]));
        Assert.Equal(touched.Count(p => weights[p] != 0), weights.Count(w => w != 0));
    }

    [Fact]
    public void The_policy_names_the_rule()
    {
        Assert.IsType<MeanRule>(RobustRule.Of(TestChain.Policy));
        Assert.IsType<MeanRule>(RobustRule.Of(TestChain.Policy with { Aggregation = new AggregationPolicy(AggregationKind.Mean, 1, false, false) }));
        Assert.IsType<RobustRule>(RobustRule.Of(TestChain.Policy with { Aggregation = AggregationPolicy.Robust(1) }));
    }

    [Fact]
    public void An_update_far_from_the_rest_is_pointed_out_and_counted_all_the_same()
    {
        var random = new Random(5);
        int[] center = Values(random, 50_000, 0);
        DecodedUpdate[] updates = [.. Enumerable.Range(0, 5).Select(i =>
            Dense(i == 2 ? [.. center.Select(v => -4 * v)] : [.. center.Zip(Values(random, 20_000, 0), (a, b) => a + b)]))];
        var scores = SuspicionScore.Of(new UpdateGeometry(Layout, updates), ["a", "b", "c", "d", "e"]);
        Assert.Equal(["c"], scores.Where(s => s.StandsOut).Select(s => s.Member));
        Assert.Equal(5, scores.Count);
        Assert.Empty(SuspicionScore.Of(new UpdateGeometry(Layout, updates[..2]), ["a", "b"]));
        var same = SuspicionScore.Of(new UpdateGeometry(Layout, [updates[0], updates[0], updates[0]]), ["a", "b", "c"]);
        Assert.All(same, s => Assert.Equal((1_000_000, 1_000_000, false), (s.NormPpm, s.DistancePpm, s.StandsOut)));
    }

    private static int[] Aggregate(AggregationPolicy policy, DecodedUpdate[] updates)
    {
        // Two ranges, as cores share a model.
        var delta = new int[Layout.Length];
        var rule = new RobustRule(policy).Prepare(new UpdateGeometry(Layout, updates));
        rule.Aggregate(updates, 0, delta.AsSpan(0, 7));
        rule.Aggregate(updates, 7, delta.AsSpan(7));
        return delta;
    }

    private static DecodedUpdate Dense(int[] values) => new(1, Digest.Zero, [.. Enumerable.Range(0, values.Length)], values);

    private static int[] Values(Random random, int scale, int offset) => [.. Enumerable.Range(0, 19).Select(_ => offset + random.Next(-scale, scale))];

    private static double Far(int[] a, int[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum());
}
