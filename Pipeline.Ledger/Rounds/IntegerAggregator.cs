using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// One round's step of the model, in integers: d = rule(updates); m ← β·m + d; w ← w + η·m; and, where the members accepted a backbone,
/// w ← w + α(aux − w) on the backbone. β, η, α in Q16; products are rounded half away from zero, sums saturate at the int32 range.
/// </summary>
public static class IntegerAggregator
{
    private const int MinRange = 1 << 18;

    /// <summary>A round without a usable contribution leaves weights and momentum as they were; a blend still happens.</summary>
    /// <param name="auxiliary">A backbone that matches the layout (<see cref="BackbonePayload.Matches"/>), or null.</param>
    /// <exception cref="ArgumentException">The auxiliary backbone is not of the layout's length.</exception>
    public static FixedPointModel Step(
        FixedPointModel model, RoundPolicy policy, IAggregationRule rule, IReadOnlyList<DecodedUpdate> updates,
        BackbonePayload? auxiliary = null, int alphaQ16 = 0) =>
        Step(model, policy, rule, new UpdateGeometry(model.Layout, updates), auxiliary, alphaQ16);

    /// <inheritdoc cref="Step(FixedPointModel, RoundPolicy, IAggregationRule, IReadOnlyList{DecodedUpdate}, BackbonePayload?, int)"/>
    /// <param name="geometry">Of the round's updates.</param>
    public static FixedPointModel Step(
        FixedPointModel model, RoundPolicy policy, IAggregationRule rule, UpdateGeometry geometry, BackbonePayload? auxiliary = null, int alphaQ16 = 0)
    {
        var updates = geometry.Updates;
        int length = model.Layout.Length;
        var weights = GC.AllocateUninitializedArray<int>(length);
        var momentum = GC.AllocateUninitializedArray<int>(length);
        if (updates.Count == 0)
        {
            model.Weights.CopyTo(weights, 0);
            model.Momentum.CopyTo(momentum, 0);
        }
        else
        {
            var coordinates = rule.Prepare(geometry);
            InRanges(length, (start, count) =>
            {
                // The aggregate is written where the momentum will stand, so that one pass turns it into both results.
                var delta = momentum.AsSpan(start, count);
                coordinates.Aggregate(updates, start, delta);
                Step(
                    model.Weights.AsSpan(start, count), model.Momentum.AsSpan(start, count), policy.ServerMomentumQ16, policy.ServerRateQ16,
                    weights.AsSpan(start, count), delta);
            });
        }

        if (auxiliary is not null)
            Blend(model.Layout, auxiliary, alphaQ16, weights);
        return new FixedPointModel(model.Layout, weights, momentum);
    }

    /// <summary>Coordinates do not depend on each other, so the cores share a large model.</summary>
    private static void InRanges(int length, Action<int, int> step)
    {
        int ranges = Math.Clamp(length / MinRange, 1, Environment.ProcessorCount);
        Parallel.For(0, ranges, i =>
        {
            int start = (int)((long)length * i / ranges);
            step(start, (int)((long)length * (i + 1) / ranges) - start);
        });
    }

    /// <summary>m ← β·m + d and w ← w + η·m. Compiled well at its first call: a round ends seldom.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(
        ReadOnlySpan<int> weights, ReadOnlySpan<int> momentum, int beta, int eta, Span<int> newWeights, Span<int> deltaThenMomentum)
    {
        int done = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref int w = ref MemoryMarshal.GetReference(weights);
            ref int m = ref MemoryMarshal.GetReference(momentum);
            ref int next = ref MemoryMarshal.GetReference(newWeights);
            ref int d = ref MemoryMarshal.GetReference(deltaThenMomentum);
            for (; done <= weights.Length - Vector256<int>.Count; done += Vector256<int>.Count)
            {
                var (d1, d2) = Vector256.Widen(Vector256.LoadUnsafe(ref d, (nuint)done));
                var (m1, m2) = Vector256.Widen(Vector256.LoadUnsafe(ref m, (nuint)done));
                var (w1, w2) = Vector256.Widen(Vector256.LoadUnsafe(ref w, (nuint)done));
                m1 = Saturate(d1 + MultiplyQ16(m1, beta));
                m2 = Saturate(d2 + MultiplyQ16(m2, beta));
                Vector256.Narrow(m1, m2).StoreUnsafe(ref d, (nuint)done);
                Vector256.Narrow(Saturate(w1 + MultiplyQ16(m1, eta)), Saturate(w2 + MultiplyQ16(m2, eta))).StoreUnsafe(ref next, (nuint)done);
            }
        }

        for (; done < weights.Length; done++)
        {
            int m = Saturate(deltaThenMomentum[done] + MultiplyQ16(momentum[done], beta));
            deltaThenMomentum[done] = m;
            newWeights[done] = Saturate(weights[done] + MultiplyQ16(m, eta));
        }
    }

    private static void Blend(ModelLayout layout, BackbonePayload auxiliary, int alphaQ16, Span<int> weights)
    {
        if (auxiliary.Values.Length != layout.SparseLength)
            throw new ArgumentException($"{auxiliary.Values.Length} auxiliary values where the backbone has {layout.SparseLength}", nameof(auxiliary));
        foreach (var run in layout.Coordinates.Backbone)
        {
            var own = weights.Slice(run.FlatStart, run.Length);
            var other = auxiliary.Values.AsSpan(run.Start, run.Length);
            for (int i = 0; i < own.Length; i++)
                own[i] = Saturate(own[i] + MultiplyQ16((long)other[i] - own[i], alphaQ16));
        }
    }

    /// <summary>value · factor / 2¹⁶, half away from zero. |value| &lt; 2³³ and factor ≤ 2²⁰ keep the product below 2⁵³.</summary>
    private static long MultiplyQ16(long value, int factor)
    {
        // Signs are random and a branch on them would cost more than all the rest.
        long product = value * factor;
        return (product + (1 << 15) + (product >> 63)) >> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> MultiplyQ16(Vector256<long> value, long factor)
    {
        var product = value * Vector256.Create(factor);
        return (product + Vector256.Create(1L << 15) + (product >> 63)) >> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Saturate(Vector256<long> value) =>
        Vector256.Min(Vector256.Max(value, Vector256.Create((long)int.MinValue)), Vector256.Create((long)int.MaxValue));

    private static int Saturate(long value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);
}
