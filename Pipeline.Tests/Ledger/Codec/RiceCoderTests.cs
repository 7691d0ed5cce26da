using CsCheck;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Codec;

public sealed class RiceCoderTests
{
    [Fact]
    public void Golden_bits()
    {
        // Gaps − 1 of {0, 5, 6} are 0, 4, 0; k = 1: 0·0 | 110·0 | 0·0, padded.
        Assert.Equal([0b0011_0000], RiceCoder.Encode([0, 5, 6], 1));
        // k = 0: 0 | 11110 | 0.
        Assert.Equal([0b0111_1000], RiceCoder.Encode([0, 5, 6], 0));
        Assert.Empty(RiceCoder.Encode([], 3));
    }

    [Fact]
    public void Any_positions_come_back_with_any_parameter() =>
        Gen.Select(Gen.Int[0, 5000].HashSet[0, 300], Gen.Int[0, 12]).Sample((set, k) =>
        {
            int[] positions = [.. set.Order()];
            var bytes = RiceCoder.Encode(positions, k);
            var decoded = new int[positions.Length];
            Assert.Null(RiceCoder.TryDecode(bytes, k, 5001, decoded));
            Assert.Equal(positions, decoded);
        }, iter: 2_000);

    [Fact]
    public void Arbitrary_bytes_decode_to_ascending_positions_below_the_limit_or_give_a_reason() =>
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Int[0, SparseUpdate.MaxRiceParameter], Gen.Int[0, 40]).Sample((bytes, k, count) =>
        {
            var positions = new int[count];
            string? error = RiceCoder.TryDecode(bytes, k, 1000, positions);
            if (error is not null)
                return error.Length > 0;
            return positions.SequenceEqual(positions.Order().Distinct()) && positions.All(p => p < 1000) &&
                RiceCoder.Encode(positions, k).AsSpan().SequenceEqual(bytes);
        }, iter: 20_000);

    [Fact]
    public void Cut_extended_or_padded_bytes_are_refused()
    {
        int[] positions = [3, 17, 900];
        var bytes = RiceCoder.Encode(positions, 5);
        var decoded = new int[3];
        Assert.Contains("end inside", RiceCoder.TryDecode(bytes.AsSpan()[..^1], 5, 1000, decoded), StringComparison.Ordinal);
        Assert.Contains("are needed", RiceCoder.TryDecode([.. bytes, 0], 5, 1000, decoded), StringComparison.Ordinal);
        Assert.Contains("beyond", RiceCoder.TryDecode(bytes, 5, 900, decoded), StringComparison.Ordinal);
        bytes[^1] |= 1;
        Assert.Contains("padding", RiceCoder.TryDecode(bytes, 5, 1000, decoded), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(0.01)]
    [InlineData(0.002)]
    public void The_optimal_parameter_comes_within_a_tenth_of_the_entropy(double density)
    {
        const int Length = 500_000;
        var random = new Random(5);
        int[] positions = [.. Enumerable.Range(0, Length).Where(_ => random.NextDouble() < density)];
        double entropy = Length * -(density * Math.Log2(density) + (1 - density) * Math.Log2(1 - density));
        int k = RiceCoder.OptimalParameter(positions.Length, Length);
        Assert.InRange(RiceCoder.Encode(positions, k).Length * 8.0 / entropy, 0.97, 1.1);
    }
}
