using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>Shokri and Shmatikov's second criterion (2015): at random among the changes above a threshold.</summary>
public static class RandomSelection
{
    /// <summary>
    /// Positions of <paramref name="count"/> values, ascending, drawn evenly among the <see cref="UpdatePolicy.ThresholdFactor"/> · count largest magnitudes.
    /// </summary>
    /// <exception cref="ArgumentException">A value is NaN.</exception>
    public static int[] Of(ReadOnlySpan<float> values, int count, SeededRandom random)
    {
        int[] above = LargestSelection.Of(values, (int)Math.Min(values.Length, (long)UpdatePolicy.ThresholdFactor * count));
        random.Shuffle(above.AsSpan());
        int[] drawn = above[..Math.Min(count, above.Length)];
        Array.Sort(drawn);
        return drawn;
    }
}
