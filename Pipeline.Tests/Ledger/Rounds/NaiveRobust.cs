using System.Numerics;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>The robust rules as the papers have them, over dense vectors of whole numbers: slow, and nothing in common with the real ones.</summary>
internal sealed class NaiveRobust
{
    private readonly BigInteger[][] _values;
    private readonly BigInteger[] _scales;
    private readonly int _faults;
    private readonly BigInteger _denominator = 65536;

    public NaiveRobust(ModelLayout layout, IReadOnlyList<DecodedUpdate> updates, AggregationPolicy policy)
    {
        _scales = [.. layout.Tensors.SelectMany(t => Enumerable.Repeat(BigInteger.One << (28 - t.FractionBits), t.Length))];
        // Ties go by content: coordinates first, values then.
        var ordered = updates.OrderBy(u => u, Comparer<DecodedUpdate>.Create((a, b) =>
            a.Indices.AsSpan().SequenceCompareTo(b.Indices) is not 0 and var first ? first : a.Values.AsSpan().SequenceCompareTo(b.Values))).ToArray();
        int n = ordered.Length;
        _faults = Math.Min(policy.Faults, (n - 1) / 2);
        var plain = ordered.Select(u =>
        {
            var dense = new BigInteger[layout.Length];
            for (int k = 0; k < u.Indices.Length; k++)
                dense[u.Indices[k]] = u.Values[k];
            return dense;
        }).ToArray();
        _values = [.. plain.Select(v => Times(v, policy.ClipNorms ? Factor(plain, v) : 65536))];
        if (!policy.MixNeighbours)
            return;
        var clipped = _values;
        _denominator *= n - _faults;
        _values = [.. clipped.Select(v => clipped.OrderBy(w => Distance(v, w)).Take(n - _faults).Aggregate(new BigInteger[layout.Length], Plus))];
    }

    public int[] TrimmedMean(int trim) => [.. Enumerable.Range(0, _scales.Length).Select(c =>
    {
        var middle = _values.Select(v => v[c]).Order().Skip(trim).Take(_values.Length - (2 * trim)).ToArray();
        return Round(middle.Aggregate((a, b) => a + b), _denominator * middle.Length);
    })];

    public int[] TrimmedMean() => TrimmedMean(_faults);

    public int[] Median() => TrimmedMean((_values.Length - 1) / 2);

    public int[] MultiKrum()
    {
        int n = _values.Length;
        int[] best = [.. Enumerable.Range(0, n).OrderBy(i => Enumerable.Range(0, n).Where(j => j != i).Select(j => Distance(_values[i], _values[j])).Order()
            .Take(Math.Min(n - 1, Math.Max(1, n - _faults - 2))).Aggregate(BigInteger.Zero, (a, b) => a + b)).Take(n - _faults)];
        return [.. best.Select(i => _values[i]).Aggregate(Plus).Select(sum => Round(sum, _denominator * best.Length))];
    }

    /// <summary>In floating point: close to the real one, not equal.</summary>
    public double[] CenteredClipping()
    {
        double[][] x = [.. _values.Select(v => v.Select((value, c) => (double)(value * _scales[c])).ToArray())];
        var center = new double[_scales.Length];
        for (int step = 0; step < 3; step++)
        {
            double[] distances = [.. x.Select(v => Math.Sqrt(v.Zip(center, (a, b) => (a - b) * (a - b)).Sum()))];
            double radius = distances.Order().ElementAt(x.Length - _faults - 1);
            center = [.. center.Select((at, c) => at + x.Select((v, i) => (v[c] - at) * (distances[i] <= radius ? 1 : radius / distances[i])).Average())];
        }

        return [.. center.Select((value, c) => value / (double)_scales[c] / (double)_denominator)];
    }

    private long Factor(BigInteger[][] all, BigInteger[] one)
    {
        int n = all.Length, clipped = Math.Min(2 * _faults * (n - _faults) / n, n - 1);
        BigInteger threshold = all.Select(Square).OrderDescending().ElementAt(clipped), own = Square(one);
        if (own <= threshold)
            return 65536;
        long low = 0, high = 65536;
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            if (middle * middle * own <= threshold * 65536 * 65536)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    private BigInteger Square(BigInteger[] v) => v.Select((value, c) => value * value * _scales[c] * _scales[c]).Aggregate((a, b) => a + b);

    private BigInteger Distance(BigInteger[] a, BigInteger[] b) => Square([.. a.Zip(b, (x, y) => x - y)]);

    private static BigInteger[] Times(BigInteger[] v, long factor) => [.. v.Select(value => value * factor)];

    private static BigInteger[] Plus(BigInteger[] a, BigInteger[] b) => [.. a.Zip(b, (x, y) => x + y)];

    /// <summary>Half away from zero.</summary>
    private static int Round(BigInteger value, BigInteger divisor) => (int)(value.Sign * (((2 * BigInteger.Abs(value)) + divisor) / (2 * divisor)));
}
