using System.Buffers;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The mean over all contributors of a round (a coordinate that one did not select counts as zero from it), rounded half away from zero.
/// </summary>
public sealed class MeanRule : IAggregationRule, ICoordinateRule
{
    // The sums of one chunk (256 KiB) stay in a core's cache while all updates go through them.
    private const int ChunkLength = 1 << 15;

    public ICoordinateRule Prepare(UpdateGeometry geometry) => this;

    public void Aggregate(IReadOnlyList<DecodedUpdate> updates, int first, Span<int> delta)
    {
        // At most 64 members × 2³¹: the sums fit 64 bits with room.
        var rented = ArrayPool<long>.Shared.Rent(ChunkLength);
        try
        {
            AscendingRun[] runs = [.. updates.SelectMany(AscendingRun.Of)];
            foreach (ref var run in runs.AsSpan())
                run.SkipTo(first);
            for (int start = 0; start < delta.Length; start += ChunkLength)
            {
                var chunk = delta.Slice(start, Math.Min(ChunkLength, delta.Length - start));
                var sums = rented.AsSpan(0, chunk.Length);
                sums.Clear();
                foreach (ref var run in runs.AsSpan())
                    run.AddTo(sums, first + start);
                Divide(sums, updates.Count, chunk);
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// ⌊(2·|sum| + n) / 2n⌋ with the sum's sign, by the reciprocal ⌈2⁶⁴ / 2n⌉ in place of a division and without branches. The dividend is below
    /// 2³⁹, so what the reciprocal is too large by adds less than 2⁻²⁵ to the quotient, which is at least 2⁻⁷ short of the next integer.
    /// </summary>
    private static void Divide(ReadOnlySpan<long> sums, int count, Span<int> means)
    {
        ulong reciprocal = ulong.MaxValue / (2 * (ulong)count) + 1;
        for (int i = 0; i < means.Length; i++)
        {
            long sign = sums[i] >> 63;
            ulong dividend = 2 * (ulong)((sums[i] ^ sign) - sign) + (ulong)count;
            means[i] = (int)(((long)Math.BigMul(dividend, reciprocal, out _) ^ sign) - sign);
        }
    }

    /// <summary>A stretch of an update whose indices ascend, and how far it is used up: an update has few, its dense part and its backbone.</summary>
    private struct AscendingRun(int[] indices, int[] values, int start, int end)
    {
        private int _next = start;

        public static IEnumerable<AscendingRun> Of(DecodedUpdate update)
        {
            int[] indices = update.Indices;
            for (int start = 0, end; start < indices.Length; start = end)
            {
                end = EndOfRun(indices, start);
                yield return new AscendingRun(indices, update.Values, start, end);
            }
        }

        public void SkipTo(int index)
        {
            int found = indices.AsSpan(_next, end - _next).BinarySearch(index);
            _next += found < 0 ? ~found : found;
        }

        /// <summary>Adds the values at indices from <paramref name="first"/> on, as far as <paramref name="sums"/> reaches.</summary>
        public void AddTo(Span<long> sums, int first)
        {
            int k = _next;
            for (; k < end && indices[k] - first < sums.Length; k++)
                sums[indices[k] - first] += values[k];
            _next = k;
        }

        private static int EndOfRun(int[] indices, int start)
        {
            int end = start + 1;
            while (end < indices.Length && indices[end] > indices[end - 1])
                end++;
            return end;
        }
    }
}
