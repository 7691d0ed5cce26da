using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>Selective sharing's θ_u (Shokri and Shmatikov 2015): which coordinates of the backbone an update carries.</summary>
public static class LargestSelection
{
    /// <summary>Positions of the <paramref name="count"/> largest magnitudes, ascending; of equal ones the first. O(n), no sort.</summary>
    /// <exception cref="ArgumentException">A value is NaN.</exception>
    public static int[] Of(ReadOnlySpan<float> values, int count)
    {
        count = Math.Min(count, values.Length);
        if (count <= 0)
            return [];
        // Magnitudes of IEEE floats order like their bits: find the threshold in two counting passes of 16 bits.
        uint high = Threshold(values, count, 16, 0, 0, out int above);
        uint threshold = high << 16 | Threshold(values, count - above, 0, high, 16, out int aboveLow);
        int ties = count - above - aboveLow;
        var positions = new int[count];
        int at = 0;
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = Magnitude(values[i]);
            if (bits > threshold || bits == threshold && ties-- > 0)
                positions[at++] = i;
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

    /// <summary>The 16-bit digit of the count-th largest among values with the given prefix, and how many are strictly above it.</summary>
    private static uint Threshold(ReadOnlySpan<float> values, int count, int shift, uint prefix, int prefixShift, out int above)
    {
        var histogram = new int[1 << 16];
        foreach (float value in values)
        {
            uint bits = Magnitude(value);
            if (prefixShift == 0 || bits >> prefixShift == prefix)
                histogram[bits >> shift & 0xffff]++;
        }

        above = 0;
        uint digit = 0xffff;
        for (; digit > 0 && above + histogram[digit] < count; digit--)
            above += histogram[digit];
        return digit;
    }

    private static uint Magnitude(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value) & 0x7fffffff;
        return bits <= 0x7f800000 ? bits : throw new ArgumentException("a value is NaN");
    }
}
