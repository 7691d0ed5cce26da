using System.Numerics;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// A round's updates after norm clipping and nearest-neighbour mixing, kept as what they are: sums of the given ones. With factors r in Q16 and
/// neighbours N, mixed update i is Σ_{j ∈ N(i)} rⱼ uⱼ / <see cref="Denominator"/>.
/// </summary>
internal sealed class MixedUpdates
{
    private const long Unit = RoundPolicy.One;

    public MixedUpdates(UpdateGeometry geometry, AggregationPolicy policy)
    {
        Updates = geometry.Updates;
        Count = geometry.Count;
        Faults = Math.Min(policy.Faults, (Count - 1) / 2);
        var products = geometry.Products;
        Factors = policy.ClipNorms ? Clip(products, Faults) : [.. Enumerable.Repeat(Unit, Count)];
        var clipped = new BigInteger[Count, Count];
        for (int a = 0; a < Count; a++)
        {
            for (int b = 0; b < Count; b++)
                clipped[a, b] = Factors[a] * Factors[b] * products[a, b];
        }

        Neighbours = policy.MixNeighbours ? Nearest(clipped, Count - Faults) : [.. Enumerable.Range(0, Count).Select(i => 1UL << i)];
        Denominator = policy.MixNeighbours ? Unit * (Count - Faults) : Unit;
        Products = policy.MixNeighbours ? Mix(clipped, Neighbours) : clipped;
    }

    /// <summary>The given ones, in canonical order.</summary>
    public IReadOnlyList<DecodedUpdate> Updates { get; }

    public int Count { get; }

    /// <summary>f of this round.</summary>
    public int Faults { get; }

    /// <summary>rⱼ, Q16.</summary>
    public long[] Factors { get; }

    /// <summary>Bit j of element i: j is one of what i is mixed from.</summary>
    public ulong[] Neighbours { get; }

    public long Denominator { get; }

    /// <summary>Inner products of the mixed updates, in one common scale.</summary>
    public BigInteger[,] Products { get; }

    /// <summary>‖xᵢ − xⱼ‖².</summary>
    public static BigInteger Distance(BigInteger[,] products, int i, int j) => products[i, i] + products[j, j] - 2 * products[i, j];

    /// <summary>For each update the <paramref name="count"/> nearest, itself included; of equally near ones the first in canonical order.</summary>
    public static ulong[] Nearest(BigInteger[,] products, int count)
    {
        int n = products.GetLength(0);
        var nearest = new ulong[n];
        for (int i = 0; i < n; i++)
        {
            foreach (int j in Enumerable.Range(0, n).OrderBy(j => Distance(products, i, j)).ThenBy(j => j).Take(count))
                nearest[i] |= 1UL << j;
        }

        return nearest;
    }

    private static long[] Clip(BigInteger[,] products, int faults)
    {
        int n = products.GetLength(0), clipped = Math.Min(2 * faults * (n - faults) / n, n - 1);
        var threshold = Enumerable.Range(0, n).Select(i => products[i, i]).OrderDescending().ElementAt(clipped);
        return [.. Enumerable.Range(0, n).Select(i => IntegerRoot.Ratio(threshold, products[i, i], Unit))];
    }

    private static BigInteger[,] Mix(BigInteger[,] products, ulong[] neighbours)
    {
        int n = neighbours.Length;
        var half = new BigInteger[n, n];
        var mixed = new BigInteger[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int k = 0; k < n; k++)
                    half[i, j] += (neighbours[i] >> k & 1) * products[k, j];
            }
        }

        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int k = 0; k < n; k++)
                    mixed[i, j] += (neighbours[j] >> k & 1) * half[i, k];
            }
        }

        return mixed;
    }
}
