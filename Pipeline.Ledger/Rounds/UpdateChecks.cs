using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The deterministic checks that a store ack attests and that every replica repeats before it aggregates. Integers only: the same bytes
/// pass or fail on every machine.
/// </summary>
public static class UpdateChecks
{
    /// <summary>Backbone coordinates that one update of a round (from 1) may select: the policy's density, at least one; none where it is frozen.</summary>
    public static int MaxSelected(ModelLayout layout, RoundPolicy policy, long round) =>
        policy.Update?.FrozenBackbone == true ? 0 : Selected(layout, policy.DensityOf(round));

    /// <summary>No update that passes is larger (bytes).</summary>
    public static long MaxBytes(ModelLayout layout, RoundPolicy policy)
    {
        long selected = Selected(layout, policy.MaxDensityPpm), items = layout.DenseLength + selected;
        long gapBits = IsRotating(policy) ? 0 : selected * (1 + SparseUpdate.MaxRiceParameter) + layout.SparseLength;
        return Math.Min(SparseUpdate.MaxBytes, 256 + items + items / SparseUpdate.BlockSize + 1 + gapBits / 8 + 1);
    }

    /// <summary>Decodes and checks untrusted bytes.</summary>
    public static bool TryDecode(
        ModelLayout layout, RoundPolicy policy, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out DecodedUpdate? decoded,
        [NotNullWhen(false)] out string? error)
    {
        decoded = null;
        if (bytes.Length > MaxBytes(layout, policy))
        {
            error = $"an update of {bytes.Length} bytes; this chain's policy allows {MaxBytes(layout, policy)}";
            return false;
        }

        return Canonical.TryDecode<SparseUpdate>(bytes, out var update, out error) && TryDecode(layout, policy, update, out decoded, out error);
    }

    public static bool TryDecode(
        ModelLayout layout, RoundPolicy policy, SparseUpdate update, [NotNullWhen(true)] out DecodedUpdate? decoded,
        [NotNullWhen(false)] out string? error)
    {
        decoded = null;
        error = CheckShape(layout, policy, update);
        if (error is not null)
            return false;
        error = TryPositions(layout, policy, update, out int[] positions);
        if (error is null && policy.Update?.Selection == UpdateSelection.LargestOfTensor)
            error = TensorQuotas.Check(layout, MaxSelected(layout, policy, update.Round), update.Round, positions);
        if (error is not null)
            return false;

        var indices = new int[update.Values.Length];
        var values = new int[update.Values.Length];
        int item = 0;
        foreach (var run in layout.Coordinates.Dense)
        {
            for (int i = 0; i < run.Length; i++, item++)
            {
                error = Place(update, item, run.FlatStart + i, run.FractionBits, indices, values);
                if (error is not null)
                    return false;
            }
        }

        var backbone = layout.Coordinates.Backbone;
        int at = 0;
        foreach (int position in positions)
        {
            while (position >= backbone[at].Start + backbone[at].Length)
                at++;
            error = Place(update, item++, backbone[at].FlatStart + position - backbone[at].Start, backbone[at].FractionBits, indices, values);
            if (error is not null)
                return false;
        }

        if (!IsWithinNorm(update, policy.MaxNorm))
        {
            error = $"the L2 norm exceeds the policy's bound of {policy.MaxNorm} / 65536";
            return false;
        }

        decoded = new DecodedUpdate(update.Round, update.Base, indices, values);
        return true;
    }

    /// <summary>The selected backbone positions, ascending, of an update whose shape is right; null, or why there are none.</summary>
    public static string? TryPositions(ModelLayout layout, RoundPolicy policy, SparseUpdate update, out int[] positions)
    {
        if (update.Rotating)
        {
            positions = RotatingSelection.Of(layout, policy, update.Round);
            return null;
        }

        positions = new int[update.SelectedCount];
        return RiceCoder.TryDecode(update.Gaps, update.RiceParameter, layout.SparseLength, positions);
    }

    /// <summary>
    /// ‖u‖₂ ≤ bound / 2¹⁶, exactly. With u = v·2^−e, e ≤ 28, the sum Σ v²·2^(56−2e) is an integer below 2¹⁴·2⁵⁶·2²⁸ = 2⁹⁸, and the bound
    /// squared in the same scale is bound²·2²⁴; both sides are compared after an exact ⌈·/2²⁴⌉, so nothing exceeds 128 bits.
    /// </summary>
    internal static bool IsWithinNorm(SparseUpdate update, long bound)
    {
        UInt128 sum = 0;
        for (int block = 0; block < update.Exponents.Length; block++)
        {
            int start = block * SparseUpdate.BlockSize, end = Math.Min(start + SparseUpdate.BlockSize, update.Values.Length);
            long squares = 0;
            for (int i = start; i < end; i++)
                squares += update.Values[i] * update.Values[i];
            sum += (UInt128)squares << (2 * (TensorLayout.MaxFractionBits - update.Exponents[block]));
        }

        return (sum + ((1 << 24) - 1)) >> 24 <= (UInt128)bound * (UInt128)bound;
    }

    private static string? CheckShape(ModelLayout layout, RoundPolicy policy, SparseUpdate update)
    {
        var format = policy.Update?.Format ?? ValueFormat.Int8;
        if (update.Format != format)
            return $"values as {update.Format}; the policy has {format}";
        int maximum = MaxSelected(layout, policy, update.Round);
        if (update.Rotating != IsRotating(policy))
            return update.Rotating
                ? "the update's coordinates are the round's; the policy lets each site choose"
                : "the update names its coordinates; the policy's are the round's";
        if (update.Rotating && (update.Round < 1 || update.SelectedCount != maximum))
            return $"{update.SelectedCount} selected coordinates; those of round {update.Round} are {maximum} of {layout.SparseLength}";
        if (update.SelectedCount > maximum)
            return $"{update.SelectedCount} selected coordinates; the policy's density allows {maximum} of {layout.SparseLength}";
        int items = layout.DenseLength + update.SelectedCount;
        if (update.Values.Length != items)
            return $"{update.Values.Length} values where {layout.DenseLength} dense and {update.SelectedCount} selected coordinates are {items}";
        int blocks = (items + SparseUpdate.BlockSize - 1) / SparseUpdate.BlockSize;
        return update.Exponents.Length == blocks ? null : $"{update.Exponents.Length} block exponents where {items} values have {blocks} blocks";
    }

    private static bool IsRotating(RoundPolicy policy) => policy.Update?.Selection == UpdateSelection.Rotating;

    private static int Selected(ModelLayout layout, int densityPpm) =>
        (int)Math.Min(layout.SparseLength, Math.Max(1, (long)layout.SparseLength * densityPpm / 1_000_000));

    private static string? Place(SparseUpdate update, int item, int flat, int fractionBits, int[] indices, int[] values)
    {
        int exponent = update.Exponents[item / SparseUpdate.BlockSize];
        if (exponent > fractionBits)
            return $"block {item / SparseUpdate.BlockSize} has exponent {exponent}, a tensor it touches has {fractionBits} fraction bits";
        long value = (long)update.Values[item] << (fractionBits - exponent);
        if (value != (int)value)
            return $"item {item} is beyond the fixed-point range of its tensor";
        indices[item] = flat;
        values[item] = (int)value;
        return null;
    }
}
