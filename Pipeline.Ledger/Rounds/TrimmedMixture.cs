namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The trimmed mean of each coordinate over mixed updates: its values without the <paramref name="trim"/> smallest and largest, rounded half away from
/// zero once, at the end. With trim ⌊(n−1)/2⌋ it is the median.
/// </summary>
internal sealed class TrimmedMixture(MixedUpdates mixed, int trim) : ICoordinateRule
{
    private readonly int[] _uses = [.. Enumerable.Range(0, mixed.Count).Select(j => mixed.Neighbours.Count(set => (set >> j & 1) != 0))];

    public void Aggregate(IReadOnlyList<DecodedUpdate> updates, int first, Span<int> delta)
    {
        int n = mixed.Count, kept = n - 2 * trim;
        long divisor = mixed.Denominator * kept;
        Span<long> sums = stackalloc long[n];
        var sweep = new CoordinateSweep(mixed.Updates, first, delta.Length);
        while (sweep.Next())
        {
            for (int i = 0; i < sweep.Length; i++)
            {
                sweep.At(i, out var values, out var owners);
                long sum = values.Length switch
                {
                    0 => 0,
                    // Held by one update: as many mixtures have it as use that update, the others have zero.
                    1 => values[0] * mixed.Factors[owners[0]] * Math.Clamp(_uses[owners[0]] - trim, 0, kept),
                    _ => Middle(values, owners, sums),
                };
                delta[sweep.Start - first + i] = WeightedSum.Divide(sum, divisor);
            }
        }
    }

    private long Middle(ReadOnlySpan<int> values, ReadOnlySpan<byte> owners, Span<long> sums)
    {
        sums.Clear();
        for (int k = 0; k < values.Length; k++)
        {
            long value = values[k] * mixed.Factors[owners[k]];
            int owner = owners[k];
            for (int i = 0; i < sums.Length; i++)
                sums[i] += value & -(long)(mixed.Neighbours[i] >> owner & 1);
        }

        sums.Sort();
        long sum = 0;
        foreach (long value in sums[trim..^trim])
            sum += value;
        return sum;
    }
}
