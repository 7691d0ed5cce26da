using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>Selective sharing's θ_u (Shokri and Shmatikov 2015): which coordinates of the backbone an update carries.</summary>
public static class LargestSelection
{
    // Exponent and three bits of the fraction: few values share a bucket with the threshold, and the counters stay in a core's nearest cache.
    private const int BucketShift = 20;

    /// <summary>Positions of the <paramref name="count"/> largest magnitudes, ascending; of equal ones the first. O(n), no sort.</summary>
    /// <exception cref="ArgumentException">A value is NaN.</exception>
    public static int[] Of(ReadOnlySpan<float> values, int count)
    {
        count = Math.Min(count, values.Length);
        if (count <= 0)
            return [];
        int[] candidates = Candidates(values, count);
        if (candidates.Length == count)
            return candidates;
        var magnitudes = new uint[candidates.Length];
        for (int i = 0; i < magnitudes.Length; i++)
            magnitudes[i] = Magnitude(values[candidates[i]]);
        // Find the threshold in two counting passes of 16 bits.
        uint high = Threshold(magnitudes, count, 16, 0, 0, out int above);
        uint threshold = high << 16 | Threshold(magnitudes, count - above, 0, high, 16, out int aboveLow);
        int ties = count - above - aboveLow;
        var positions = new int[count];
        int at = 0;
        for (int i = 0; i < magnitudes.Length; i++)
        {
            if (magnitudes[i] > threshold || magnitudes[i] == threshold && ties-- > 0)
                positions[at++] = candidates[i];
        }

        return positions;
    }

    /// <summary>Of each tensor its quota's largest (<see cref="TensorQuotas"/>); positions ascending.</summary>
    /// <param name="backbone">The concatenated backbone tensors of <paramref name="layout"/>.</param>
    /// <param name="quotas">By backbone tensor.</param>
    /// <exception cref="ArgumentException">A value of a tensor that has a quota is NaN.</exception>
    public static int[] OfTensors(ReadOnlySpan<float> backbone, ModelLayout layout, int[] quotas)
    {
        var positions = new List<int>(quotas.Sum());
        for (int t = 0; t < quotas.Length; t++)
        {
            var run = layout.Coordinates.Backbone[t];
            foreach (int position in Of(backbone.Slice(run.Start, run.Length), quotas[t]))
                positions.Add(run.Start + position);
        }

        return [.. positions];
    }

    /// <summary>
    /// Positions, ascending, of all values that are in the bucket of the <paramref name="count"/>-th largest or above. Two passes over a whole backbone, once in
    /// a round: compiled well at the first call.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] Candidates(ReadOnlySpan<float> values, int count)
    {
        Span<int> histogram = stackalloc int[1 << 31 - BucketShift];
        histogram.Clear();
        foreach (float value in values)
            histogram[(int)(Magnitude(value) >> BucketShift)]++;
        int bucket = histogram.Length, total = 0;
        while (total < count)
            total += histogram[--bucket];
        var positions = new int[total];
        int floor = bucket << BucketShift, at = 0, i = 0;
        ref float first = ref MemoryMarshal.GetReference(values);
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var magnitudes = Vector256.Abs(Vector256.LoadUnsafe(ref first, (nuint)i)).AsInt32();
            uint found = Vector256.GreaterThanOrEqual(magnitudes, Vector256.Create(floor)).ExtractMostSignificantBits();
            for (; found != 0; found &= found - 1)
                positions[at++] = i + BitOperations.TrailingZeroCount(found);
        }

        for (; i < values.Length; i++)
        {
            if (Magnitude(values[i]) >= floor)
                positions[at++] = i;
        }

        return positions;
    }

    /// <summary>The 16-bit digit of the count-th largest among magnitudes with the given prefix, and how many are strictly above it.</summary>
    private static uint Threshold(ReadOnlySpan<uint> magnitudes, int count, int shift, uint prefix, int prefixShift, out int above)
    {
        var histogram = new int[1 << 16];
        foreach (uint bits in magnitudes)
        {
            if (prefixShift == 0 || bits >> prefixShift == prefix)
                histogram[bits >> shift & 0xffff]++;
        }

        above = 0;
        uint digit = 0xffff;
        for (; digit > 0 && above + histogram[digit] < count; digit--)
            above += histogram[digit];
        return digit;
    }

    /// <summary>Bits of the absolute value: magnitudes of IEEE floats order like them.</summary>
    private static uint Magnitude(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value) & 0x7fffffff;
        return bits <= 0x7f800000 ? bits : throw new ArgumentException("a value is NaN");
    }
}
