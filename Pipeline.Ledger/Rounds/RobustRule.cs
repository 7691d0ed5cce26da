using System.Numerics;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Aggregation that withstands f false updates: norm clipping and nearest-neighbour mixing as the policy says, then its rule. Everything is decided from
/// inner products in integers; no update is left out without a trace, since which are far from the rest is said beside the result
/// (<see cref="SuspicionScore"/>). docs/decisions/0042.
/// </summary>
public sealed class RobustRule(AggregationPolicy policy) : IAggregationRule
{
    private const int CenteringSteps = 3;

    // Weights of centered clipping: fine in the making, and coarse enough at the end for sums of products to fit 64 bits.
    private const int FineBits = 30, CoarseBits = 20;

    /// <summary>The rule that a chain's policy names.</summary>
    public static IAggregationRule Of(RoundPolicy policy) =>
        policy.Aggregation is { } robust && robust != new AggregationPolicy(AggregationKind.Mean, robust.Faults, false, false)
            ? new RobustRule(robust)
            : new MeanRule();

    public ICoordinateRule Prepare(UpdateGeometry geometry)
    {
        var mixed = new MixedUpdates(geometry, policy);
        return policy.Kind switch
        {
            AggregationKind.TrimmedMean => new TrimmedMixture(mixed, mixed.Faults),
            AggregationKind.Median => new TrimmedMixture(mixed, (mixed.Count - 1) / 2),
            AggregationKind.MultiKrum => Average(mixed, Krum(mixed)),
            AggregationKind.CenteredClipping => Centered(mixed),
            _ => Average(mixed, [.. Enumerable.Range(0, mixed.Count)]),
        };
    }

    /// <summary>The n−f with the least sum of squared distances to their n−f−2 nearest others.</summary>
    private static int[] Krum(MixedUpdates mixed)
    {
        int n = mixed.Count, others = Math.Min(n - 1, Math.Max(1, n - mixed.Faults - 2));
        return [.. Enumerable.Range(0, n).OrderBy(Score).ThenBy(i => i).Take(n - mixed.Faults)];

        BigInteger Score(int i) => Enumerable.Range(0, n).Where(j => j != i).Select(j => MixedUpdates.Distance(mixed.Products, i, j)).Order().Take(others)
            .Aggregate(BigInteger.Zero, (sum, distance) => sum + distance);
    }

    private static WeightedSum Average(MixedUpdates mixed, int[] chosen)
    {
        var weights = new long[mixed.Count];
        foreach (int i in chosen)
            Add(weights, mixed, i, 1);
        return new WeightedSum(mixed.Updates, weights, mixed.Denominator * chosen.Length);
    }

    /// <summary>v ← v + mean of (xᵢ − v)·min(1, τ/‖xᵢ − v‖), τ the distance that all but f are within. v is kept as weights of the x.</summary>
    private static WeightedSum Centered(MixedUpdates mixed)
    {
        int n = mixed.Count;
        var center = new BigInteger[n];
        for (int step = 0; step < CenteringSteps; step++)
        {
            BigInteger[] distances = [.. Enumerable.Range(0, n).Select(i => SquaredDistance(mixed.Products, center, i))];
            var radius = distances.Order().ElementAt(n - mixed.Faults - 1);
            BigInteger[] pulls = [.. distances.Select(d => (BigInteger)IntegerRoot.Ratio(radius, d, 1L << FineBits))];
            var total = pulls.Aggregate(BigInteger.Zero, (sum, pull) => sum + pull);
            for (int i = 0; i < n; i++)
                center[i] += (pulls[i] - ((center[i] * total) >> FineBits)) / n;
        }

        var fine = new BigInteger[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                fine[j] += center[i] * (mixed.Neighbours[i] >> j & 1) * mixed.Factors[j];
        }

        // Factors are Q16: what is left is the coarse scale, and the mixing's own divisor.
        const int drop = FineBits + 16 - CoarseBits;
        return new WeightedSum(
            mixed.Updates, [.. fine.Select(weight => (long)((weight + (BigInteger.One << drop - 1)) >> drop))],
            (mixed.Denominator / RoundPolicy.One) << CoarseBits);
    }

    private static BigInteger SquaredDistance(BigInteger[,] products, BigInteger[] center, int i)
    {
        var one = BigInteger.One << FineBits;
        var sum = BigInteger.Zero;
        for (int a = 0; a < center.Length; a++)
        {
            var left = (a == i ? one : 0) - center[a];
            for (int b = 0; b < center.Length && !left.IsZero; b++)
                sum += left * ((b == i ? one : 0) - center[b]) * products[a, b];
        }

        return sum;
    }

    private static void Add(long[] weights, MixedUpdates mixed, int i, long times)
    {
        for (int j = 0; j < weights.Length; j++)
            weights[j] += times * (long)(mixed.Neighbours[i] >> j & 1) * mixed.Factors[j];
    }
}
