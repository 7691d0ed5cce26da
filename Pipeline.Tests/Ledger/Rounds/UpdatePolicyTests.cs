using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class UpdatePolicyTests
{
    private static readonly RoundPolicy Plain = new(10, 1, 10, 1, 8, 1000, 0, 20_000, RoundPolicy.One, 0, RoundPolicy.One, 0, [], 0);

    [Fact]
    public void Golden_policies()
    {
        const string Terms = "0a 01 0a 01 08 1903e8 00 194e20 1a00010000 00 1a00010000 00 80 00 01";
        Golden.Check(Plain, "8f " + Terms);
        var update = new UpdatePolicy(UpdateSelection.RandomThreshold, ValueFormat.Ternary, 1000, 5, 1_000_000, true, 900_000, true);
        var read = Golden.Check(Plain with { Update = update }, $"92 {Terms} 80 80 81 88 01 02 1903e8 05 1a000f4240 f5 1a000dbba0 f5");
        Assert.Equal(update, read.Update);
        Golden.Check(Plain with { Update = new UpdatePolicy(UpdateSelection.Rotating, ValueFormat.Int4) }, $"92 {Terms} 80 80 81 88 02 01 00 00 1a000f4240 f4 1a000f4240 f4");
        Golden.Check(Plain with { Update = new UpdatePolicy(UpdateSelection.LargestOfTensor) }, $"92 {Terms} 80 80 81 88 03 00 00 00 1a000f4240 f4 1a000f4240 f4");
        Assert.False(Canonical.TryDecode<RoundPolicy>(Golden.Parse($"92 {Terms} 80 80 81 88 04 01 00 00 1a000f4240 f4 1a000f4240 f4"), out _, out _));
        var remembering = new UpdatePolicy(ControlPpm: 20_000, MomentumPpm: 1000, PriorPpm: 1_000_000, TypicalImages: 5, ClassWeights: new ClassWeights([500_000, 2]));
        Assert.Equal(remembering, Golden.Check(Plain with { Update = remembering }, $"92 {Terms} 80 80 81 8d 00 00 00 00 1a000f4240 f4 1a000f4240 f4 194e20 1903e8 1a000f4240 05 81 82 1a0007a120 02").Update);
        Assert.False(Canonical.TryDecode<RoundPolicy>(Golden.Parse($"92 {Terms} 80 80 81 8d 00 00 00 00 1a000f4240 f4 1a000f4240 f5 00 00 00 00 80"), out _, out _));
        var both = Plain with { Update = update, Aggregation = AggregationPolicy.Robust(1) };
        Assert.Equal(both.Aggregation, Canonical.Decode<RoundPolicy>(Canonical.Encode(both)).Aggregation);
    }

    [Theory]
    [InlineData("90")]
    [InlineData("93")]
    public void A_policy_of_another_length_is_refused(string head) => Assert.False(
        Canonical.TryDecode<RoundPolicy>(Golden.Parse(head + " 0a 01 0a 01 08 1903e8 00 194e20 1a00010000 00 1a00010000 00 80 00 01 80 80 80 80"), out _, out _));

    [Fact]
    public void Nothing_of_a_frozen_backbone_is_taken()
    {
        var layout = new ModelLayout([new TensorLayout("backbone", [100], ParameterRole.Backbone, 16), new TensorLayout("head", [2], ParameterRole.Head, 16)]);
        var frozen = Plain with { Update = UpdatePolicy.Plain with { FrozenBackbone = true } };
        Assert.Equal(0, UpdateChecks.MaxSelected(layout, frozen, 1));
        foreach (var (positions, values, refused) in new[] { (Array.Empty<int>(), Array.Empty<float>(), false), ([3], [0.5f], true) })
        {
            var update = UpdateEncoder.EncodeWithin(frozen, layout, 1, Digest.Of([1]), [0.1f, 0.2f], positions, values, new Random(1), new byte[SparseUpdate.SaltSize]);
            Assert.Equal(refused, !UpdateChecks.TryDecode(layout, frozen, update, out _, out string? error));
            Assert.True(!refused || error!.Contains("allows 0 of 100", StringComparison.Ordinal), error);
        }
    }

    [Fact]
    public void The_density_warms_up_in_equal_steps()
    {
        var policy = Plain with { Update = UpdatePolicy.Plain with { WarmUpRounds = 4, WarmUpDensityPpm = 100_000 } };
        Assert.Equal([100_000, 80_000, 60_000, 40_000, 20_000, 20_000], Enumerable.Range(1, 6).Select(r => policy.DensityOf(r)));
        Assert.Equal(100_000, policy.MaxDensityPpm);
        Assert.Equal(20_000, Plain.DensityOf(1));
        // A payload may claim any round.
        Assert.Equal(20_000, (Plain with { Update = UpdatePolicy.Plain }).DensityOf(0));
        Assert.Equal(100_000, policy.DensityOf(0));
    }

    [Theory]
    [InlineData(ValueFormat.Int4)]
    [InlineData(ValueFormat.Ternary)]
    [InlineData(ValueFormat.Int8)]
    public void Packed_values_come_back_and_every_byte_is_one_list_or_none(ValueFormat format)
    {
        int limit = PackedValues.Limit(format);
        for (int count = 0; count < 12; count++)
        {
            sbyte[] values = [.. Enumerable.Range(0, count).Select(i => (sbyte)(i * 5 % (2 * limit + 1) - limit))], back = new sbyte[count];
            Assert.Null(PackedValues.TryUnpack(format, PackedValues.Pack(format, values), back));
            Assert.Equal(values, back);
        }

        var seen = new HashSet<string>();
        var two = new sbyte[2];
        for (int b = 0; b < 256 && format != ValueFormat.Int8; b++)
        {
            if (PackedValues.TryUnpack(format, [(byte)b], two) is null)
                Assert.True(seen.Add($"{two[0]},{two[1]}"));
        }

        Assert.Equal(format == ValueFormat.Int8 ? 0 : (2 * limit + 1) * (2 * limit + 1), seen.Count);
        Assert.NotNull(PackedValues.TryUnpack(format, [0, 0, 0], two));
    }

    [Fact]
    public void A_value_beyond_the_form_is_not_packed() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PackedValues.Pack(ValueFormat.Ternary, [2]));
}
