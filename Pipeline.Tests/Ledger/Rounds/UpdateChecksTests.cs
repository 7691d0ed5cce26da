using System.Numerics;
using CsCheck;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class UpdateChecksTests
{
    private static readonly ModelLayout Layout = TestChain.Layout;
    private static readonly RoundPolicy Policy = TestChain.Policy;
    private static readonly SparseUpdate Good = new TestChain().Update(1, Digest.Zero, 11);

    [Fact]
    public void A_good_update_passes() => Assert.Null(Error(Good));

    [Fact]
    public void A_value_too_few_is_refused() => Assert.Contains("values where", Error(Good with { Values = Good.Values[..^1] }));

    [Fact]
    public void A_missing_exponent_is_refused() => Assert.Contains("block exponents", Error(Good with { Exponents = [] }));

    [Fact]
    public void A_density_above_the_policy_is_refused()
    {
        var strict = Policy with { DensityPpm = 10_000 };
        Assert.False(UpdateChecks.TryDecode(Layout, strict, Good, out _, out string? error));
        Assert.Contains("density", error);
    }

    [Fact]
    public void An_exponent_finer_than_a_touched_tensor_is_refused()
    {
        // norm1 has 18 fraction bits, and the first block touches it.
        var exponents = Good.Exponents.ToArray();
        exponents[0] = 19;
        Assert.Contains("fraction bits", Error(Good with { Exponents = exponents }));
    }

    [Fact]
    public void Gaps_that_end_early_or_run_on_are_refused()
    {
        Assert.Contains("gaps end", Error(Good with { Gaps = Good.Gaps[..^1] }));
        Assert.Contains("bytes of gaps", Error(Good with { Gaps = [.. Good.Gaps, 0] }));
    }

    [Fact]
    public void A_position_beyond_the_backbone_is_refused()
    {
        int count = Good.SelectedCount;
        int[] positions = [.. Enumerable.Range(Layout.SparseLength - count + 1, count)];
        Assert.Contains("beyond", Error(Good with { Gaps = RiceCoder.Encode(positions, Good.RiceParameter) }));
    }

    [Fact]
    public void A_value_beyond_the_fixed_point_range_is_refused()
    {
        var layout = new ModelLayout([new TensorLayout("head", [1], ParameterRole.Head, 28)]);
        var update = new SparseUpdate(1, Digest.Zero, new byte[16], [0], [8], 0, 0, []);
        var policy = Policy with { MaxNorm = long.MaxValue };
        Assert.False(UpdateChecks.TryDecode(layout, policy, update, out _, out string? error));
        Assert.Contains("range", error);
        Assert.True(UpdateChecks.TryDecode(layout, policy, update with { Values = [7] }, out _, out error), error);
    }

    [Fact]
    public void The_norm_bound_is_exact_at_its_edge()
    {
        // One value of 3·2⁻¹⁰ and one of 4·2⁻¹⁰: the norm is 5·2⁻¹⁰ = 320 / 2¹⁶.
        var update = new SparseUpdate(1, Digest.Zero, new byte[16], [10], [3, 4], 0, 0, []);
        Assert.True(UpdateChecks.IsWithinNorm(update, 320));
        Assert.False(UpdateChecks.IsWithinNorm(update, 319));
    }

    [Fact]
    public void The_norm_agrees_with_big_integers() =>
        Gen.Select(Gen.Byte[0, 28].Array[1, 20], Gen.Int[0, 1 << 20], Gen.Long[1, long.MaxValue]).Sample((exponents, seed, any) =>
        {
            var random = new Random(seed);
            sbyte[] values = [.. Enumerable.Range(0, exponents.Length * SparseUpdate.BlockSize).Select(_ => (sbyte)random.Next(-128, 128))];
            var update = new SparseUpdate(1, Digest.Zero, new byte[16], exponents, values, 0, 0, []);
            BigInteger squares = 0;
            for (int i = 0; i < values.Length; i++)
                squares += (BigInteger)(values[i] * values[i]) << (2 * (28 - exponents[i / 64]));
            foreach (long bound in new[] { any, (long)Math.Sqrt((double)(squares >> 24)), (long)Math.Sqrt((double)(squares >> 24)) + 1 })
                Assert.Equal(squares <= (BigInteger.Pow(bound, 2) << 24), UpdateChecks.IsWithinNorm(update, bound));
        }, iter: 300);

    [Fact]
    public void Altered_bytes_never_throw_and_never_decode_to_something_else()
    {
        byte[] bytes = Canonical.Encode(Good);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] altered = [.. bytes];
            altered[at] = value;
            if (UpdateChecks.TryDecode(Layout, Policy, altered, out var decoded, out string? error))
                Assert.Equal(Layout.DenseLength + Good.SelectedCount, decoded.Values.Length);
            else
                Assert.NotEmpty(error);
        }, iter: 2000);
    }

    [Fact]
    public void Bytes_beyond_the_bound_are_refused_unread()
    {
        var bytes = new byte[UpdateChecks.MaxBytes(Layout, Policy) + 1];
        Assert.False(UpdateChecks.TryDecode(Layout, Policy, bytes, out _, out string? error));
        Assert.Contains("policy allows", error);
    }

    private static string? Error(SparseUpdate update) =>
        UpdateChecks.TryDecode(Layout, Policy, update, out _, out string? error) ? null : error;
}
