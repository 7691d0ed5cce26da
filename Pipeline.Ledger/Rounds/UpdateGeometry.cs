using System.Numerics;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// How a round's updates lie to each other: their inner products, exactly, in integers of one scale. Updates are put into an order of their own
/// content first, so that whoever breaks a tie by position breaks it alike on every replica. Computed when first asked for.
/// </summary>
public sealed class UpdateGeometry
{
    private const int MinRange = 1 << 18;

    private readonly ModelLayout _layout;
    private readonly int[] _order;
    private readonly Lazy<BigInteger[,]> _products;

    /// <param name="updates">1 … 64, of distinct indices.</param>
    public UpdateGeometry(ModelLayout layout, IReadOnlyList<DecodedUpdate> updates)
    {
        _layout = layout;
        _order = [.. Enumerable.Range(0, updates.Count)];
        Array.Sort(_order, (a, b) => Compare(updates[a], updates[b]));
        Updates = [.. _order.Select(i => updates[i])];
        _products = new Lazy<BigInteger[,]>(Multiply);
    }

    /// <summary>In canonical order.</summary>
    public IReadOnlyList<DecodedUpdate> Updates { get; }

    public int Count => Updates.Count;

    /// <summary>⟨uᵢ, uⱼ⟩ in a common scale, by canonical position. Not to be changed.</summary>
    public BigInteger[,] Products => _products.Value;

    /// <summary>Canonical position of each update, in the order they were given.</summary>
    public int[] Positions()
    {
        var positions = new int[_order.Length];
        for (int i = 0; i < _order.Length; i++)
            positions[_order[i]] = i;
        return positions;
    }

    private static int Compare(DecodedUpdate a, DecodedUpdate b)
    {
        int byIndices = a.Indices.AsSpan().SequenceCompareTo(b.Indices);
        return byIndices != 0 ? byIndices : a.Values.AsSpan().SequenceCompareTo(b.Values);
    }

    private BigInteger[,] Multiply()
    {
        int shift = Shift();
        int ranges = Math.Clamp(_layout.Length / MinRange, 1, Environment.ProcessorCount);
        var parts = new Int128[ranges][];
        Parallel.For(0, ranges, i =>
        {
            int start = (int)((long)_layout.Length * i / ranges);
            parts[i] = Multiply(start, (int)((long)_layout.Length * (i + 1) / ranges) - start, shift);
        });
        var products = new BigInteger[Count, Count];
        for (int a = 0; a < Count; a++)
        {
            for (int b = 0; b <= a; b++)
            {
                foreach (var part in parts)
                    products[a, b] += (BigInteger)part[a * Count + b];
                products[b, a] = products[a, b];
            }
        }

        return products;
    }

    private Int128[] Multiply(int first, int length, int shift)
    {
        var sums = new Int128[Count * Count];
        Span<long> scaled = stackalloc long[Count];
        var sweep = new CoordinateSweep(Updates, first, length);
        int tensor = 0;
        while (sweep.Next())
        {
            for (int i = 0; i < sweep.Length; i++)
            {
                sweep.At(i, out var values, out var owners);
                if (values.Length == 0)
                    continue;
                while (sweep.Start + i >= _layout.Offsets[tensor] + _layout.Tensors[tensor].Length)
                    tensor++;
                int up = TensorLayout.MaxFractionBits - _layout.Tensors[tensor].FractionBits;
                for (int a = 0; a < values.Length; a++)
                {
                    long value = scaled[a] = (long)values[a] << up >> shift;
                    int row = owners[a] * Count;
                    for (int b = 0; b <= a; b++)
                    {
                        ulong high = (ulong)Math.BigMul(value, scaled[b], out long low);
                        sums[row + owners[b]] += new Int128(high, (ulong)low);
                    }
                }
            }
        }

        return sums;
    }

    /// <summary>Bits that values lose so that no sum of products exceeds 126 bits; none for updates that passed <see cref="UpdateChecks"/>.</summary>
    private int Shift()
    {
        int widest = 0, terms = 1;
        foreach (var update in Updates)
        {
            terms = Math.Max(terms, update.Indices.Length);
            foreach (int value in update.Values)
                widest = Math.Max(widest, 32 - BitOperations.LeadingZeroCount((uint)(value ^ value >> 31)));
        }

        int least = _layout.Tensors.Min(t => t.FractionBits), bits = widest + TensorLayout.MaxFractionBits - least;
        int room = (126 - (32 - BitOperations.LeadingZeroCount((uint)terms))) / 2;
        return Math.Max(0, bits - room);
    }
}
