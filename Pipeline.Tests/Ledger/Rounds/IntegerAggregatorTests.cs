using System.Numerics;
using CsCheck;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class IntegerAggregatorTests
{
    private static readonly ModelLayout Layout = new(
    [
        new TensorLayout("conv", [4, 3], ParameterRole.Backbone, 16),
        new TensorLayout("head", [5], ParameterRole.Head, 16),
    ]);

    private static readonly Gen<int> Value = Gen.OneOf(Gen.Int, Gen.Int[-1000, 1000], Gen.Const(int.MaxValue), Gen.Const(int.MinValue));

    private static readonly Gen<DecodedUpdate> Update = Gen.Select(Gen.Int[0, 1 << 17], Value.Array[17]).Select((mask, values) =>
    {
        int[] indices = [.. Enumerable.Range(0, 17).Where(i => (mask >> i & 1) != 0)];
        return new DecodedUpdate(1, Digest.Zero, indices, [.. indices.Select(i => values[i])]);
    });

    private static readonly Gen<(FixedPointModel Model, DecodedUpdate[] Updates, RoundPolicy Policy, int[] Auxiliary, int Alpha)> Case =
        Gen.Select(Value.Array[17], Value.Array[17], Update.Array[1, 9], Gen.Int[0, RoundPolicy.One - 1], Gen.Int[1, 16 * RoundPolicy.One],
            Value.Array[12], Gen.Int[0, RoundPolicy.One]).Select((weights, momentum, updates, beta, eta, auxiliary, alpha) =>
                (new FixedPointModel(Layout, weights, momentum), updates,
                    TestChain.Policy with { ServerMomentumQ16 = beta, ServerRateQ16 = eta }, auxiliary, alpha));

    [Fact]
    public void A_step_equals_the_big_integer_reference() => Case.Sample(c =>
    {
        var auxiliary = new BackbonePayload([Layout.Tensors[0]], c.Auxiliary);
        var actual = IntegerAggregator.Step(c.Model, c.Policy, new MeanRule(), c.Updates, auxiliary, c.Alpha);
        for (int i = 0; i < Layout.Length; i++)
        {
            BigInteger sum = 0;
            foreach (var update in c.Updates)
            {
                int k = Array.IndexOf(update.Indices, i);
                sum += k < 0 ? 0 : update.Values[k];
            }

            var momentum = Saturate(Divide(sum, c.Updates.Length) + Divide(new BigInteger(c.Model.Momentum[i]) * c.Policy.ServerMomentumQ16, 65536));
            var weight = Saturate(c.Model.Weights[i] + Divide(momentum * c.Policy.ServerRateQ16, 65536));
            if (i < c.Auxiliary.Length)
                weight = Saturate(weight + Divide((c.Auxiliary[i] - weight) * c.Alpha, 65536));
            Assert.Equal(momentum, actual.Momentum[i]);
            Assert.Equal(weight, actual.Weights[i]);
        }
    }, iter: 2000);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(30)]
    [InlineData(64)]
    public void A_model_of_several_ranges_equals_the_big_integer_reference(int count)
    {
        int length = 5 << 18;
        var layout = new ModelLayout([new TensorLayout("conv", [length], ParameterRole.Backbone, 16)]);
        var random = new Random(count);
        int[] Values(int n) => [.. Enumerable.Range(0, n).Select(_ => (int)random.NextInt64(int.MinValue, 1L + int.MaxValue))];
        var model = new FixedPointModel(layout, Values(length), Values(length));
        DecodedUpdate[] updates = [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] indices = [.. Enumerable.Range(0, length / 1000).Select(k => k * 1000 + random.Next(100))];
            random.Shuffle(indices.AsSpan(0, 20));
            return new DecodedUpdate(1, Digest.Zero, indices, Values(indices.Length));
        })];
        var sums = new BigInteger[length];
        foreach (var update in updates)
        {
            foreach (var (index, value) in update.Indices.Zip(update.Values))
                sums[index] += value;
        }

        var actual = IntegerAggregator.Step(model, TestChain.Policy, new MeanRule(), updates);
        for (int i = 0; i < length; i += i % 1000 < 100 ? 1 : 100)
        {
            var momentum = Saturate(Divide(sums[i], count) + Divide(new BigInteger(model.Momentum[i]) * TestChain.Policy.ServerMomentumQ16, 65536));
            var weight = Saturate(model.Weights[i] + Divide(momentum * TestChain.Policy.ServerRateQ16, 65536));
            Assert.True(actual.Momentum[i] == momentum && actual.Weights[i] == weight, $"at {i}");
        }
    }

    [Fact]
    public void The_order_of_the_updates_does_not_matter_and_a_repeat_gives_the_same_digest() =>
        Gen.Select(Case, Gen.Int).Sample((c, seed) =>
        {
            var shuffled = c.Updates.ToArray();
            new Random(seed).Shuffle(shuffled);
            var first = IntegerAggregator.Step(c.Model, c.Policy, new MeanRule(), c.Updates).Digest;
            Assert.Equal(first, IntegerAggregator.Step(c.Model, c.Policy, new MeanRule(), shuffled).Digest);
            Assert.Equal(first, IntegerAggregator.Step(c.Model, c.Policy, new MeanRule(), c.Updates).Digest);
        }, iter: 500);

    [Fact]
    public void Sums_saturate_at_the_int32_range()
    {
        var model = new FixedPointModel(Layout, [.. Enumerable.Repeat(int.MaxValue, 17)], [.. Enumerable.Repeat(int.MaxValue, 17)]);
        var update = new DecodedUpdate(1, Digest.Zero, [0], [int.MaxValue]);
        var next = IntegerAggregator.Step(model, TestChain.Policy with { ServerRateQ16 = 16 * RoundPolicy.One }, new MeanRule(), [update]);
        Assert.Equal(int.MaxValue, next.Weights[0]);
        Assert.Equal(int.MaxValue, next.Momentum[0]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(-1, -1)]
    [InlineData(3, 2)]
    [InlineData(-3, -2)]
    public void Halves_are_rounded_away_from_zero(int sum, int mean)
    {
        DecodedUpdate[] updates = [new(1, Digest.Zero, [0], [sum]), new(1, Digest.Zero, [], [])];
        var delta = new int[17];
        new MeanRule().Aggregate(updates, 0, delta);
        Assert.Equal(mean, delta[0]);
    }

    [Fact]
    public void The_model_in_hand_is_not_altered()
    {
        var model = new FixedPointModel(Layout, new int[17], new int[17]);
        var next = IntegerAggregator.Step(model, TestChain.Policy, new MeanRule(), [new DecodedUpdate(1, Digest.Zero, [2], [100])]);
        Assert.All(model.Weights, w => Assert.Equal(0, w));
        Assert.Equal(100, next.Weights[2]);
    }

    [Fact]
    public void A_round_without_usable_updates_leaves_the_model_as_it_was()
    {
        var model = new FixedPointModel(Layout, [.. Enumerable.Range(0, 17)], [.. Enumerable.Range(5, 17)]);
        Assert.Equal(model.Digest, IntegerAggregator.Step(model, TestChain.Policy, new MeanRule(), []).Digest);
    }

    [Fact]
    public void An_auxiliary_backbone_of_another_length_is_a_fault()
    {
        var model = new FixedPointModel(Layout, new int[17], new int[17]);
        var other = new BackbonePayload([new TensorLayout("conv", [3], ParameterRole.Backbone, 16)], [1, 2, 3]);
        Assert.Throws<ArgumentException>(() => IntegerAggregator.Step(model, TestChain.Policy, new MeanRule(), [], other, 100));
    }

    private static BigInteger Saturate(BigInteger value) => BigInteger.Clamp(value, int.MinValue, int.MaxValue);

    /// <summary>Half away from zero.</summary>
    private static BigInteger Divide(BigInteger value, BigInteger divisor) =>
        value.Sign * ((2 * BigInteger.Abs(value) + divisor) / (2 * divisor));
}
