using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
    /// ⌊(2·|sum| + n) / 2n⌋ with the sum's sign. A round ends seldom, so that code for it would rarely be compiled well: here it is at once.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide(ReadOnlySpan<long> sums, int count, Span<int> means)
    {
        int divisor = 2 * count, done = 0;
        ref long from = ref MemoryMarshal.GetReference(sums);
        ref int to = ref MemoryMarshal.GetReference(means);
        if (Vector256.IsHardwareAccelerated)
        {
            var (high, low) = (Vector256.Create(Reciprocal(HighShift, divisor)), Vector256.Create(Reciprocal(LowShift, divisor)));
            for (; done <= means.Length - Vector256<int>.Count; done += Vector256<int>.Count)
            {
                var first = Vector256.LoadUnsafe(ref from, (nuint)done);
                var second = Vector256.LoadUnsafe(ref from, (nuint)(done + Vector256<long>.Count));
                Vector256.Narrow(Mean(first, count, high, low), Mean(second, count, high, low)).StoreUnsafe(ref to, (nuint)done);
            }
        }

        for (; done < means.Length; done++)
        {
            long sign = sums[done] >> 63;
            means[done] = (int)((((2 * ((sums[done] ^ sign) - sign) + count) / divisor) ^ sign) - sign);
        }
    }

    // A dividend is below 2³⁹ and a divisor at most 2⁷. It is divided in two steps, since no vector has the upper half of a product of 64 bits.
    private const int Split = 19;
    private const int HighShift = 40;
    private const int LowShift = 36;

    /// <summary>
    /// Above 2^shift / divisor by at most 1. What that adds to a quotient, 2²⁰ / 2⁴⁰ in the first step and 2²⁶ / 2³⁶ in the second, is less than the
    /// 2⁻⁷ that the quotient is at least short of the next integer.
    /// </summary>
    private static long Reciprocal(int shift, int divisor) => (1L << shift) / divisor + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Mean(Vector256<long> sum, long count, Vector256<long> high, Vector256<long> low)
    {
        var sign = sum >> 63;
        var dividend = (((sum ^ sign) - sign) << 1) + Vector256.Create(count);
        var upper = dividend >> Split;
        var quotient = (upper * high) >> HighShift;
        var rest = ((upper - quotient * Vector256.Create(2 * count)) << Split) + (dividend & Vector256.Create((1L << Split) - 1));
        quotient = (quotient << Split) + ((rest * low) >> LowShift);
        return (quotient ^ sign) - sign;
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
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void AddTo(Span<long> sums, int first)
        {
            int k = _next;
            for (; k < end && indices[k] - first < sums.Length; k++)
                sums[indices[k] - first] += values[k];
            _next = k;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static int EndOfRun(int[] indices, int start)
        {
            int end = start + 1;
            while (end < indices.Length && indices[end] > indices[end - 1])
                end++;
            return end;
        }
    }
}
