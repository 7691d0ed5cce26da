using System.Buffers;
using System.Buffers.Binary;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Updates;

/// <summary>
/// From a local training result to what leaves the hospital: residual + delta, the backbone coordinates that the policy selects and every norm and head
/// coordinate, clipped, quantised (to int8 where the policy says nothing else) with stochastic rounding. What is not sent stays in the residual (error feedback, Seide et al.
/// 2014; Deep Gradient Compression, Lin et al. 2018), so that residual + sent = old residual + delta, always.
/// </summary>
/// <param name="Payload">Canonical <see cref="SparseUpdate"/>.</param>
/// <param name="Residual">What the site keeps, in layout order.</param>
/// <param name="Sent">Flat indices of what the payload carries.</param>
public sealed record PartialUpdate(byte[] Payload, float[] Residual, int[] Sent)
{
    /// <param name="trained">The site's parameters after local training.</param>
    /// <param name="residual">What earlier rounds left; zeros at first.</param>
    /// <param name="random">Rounding and salt. A site seeds it from a secret, so that equal updates do not look equal.</param>
    public static PartialUpdate Build(
        FixedPointModel model, Digest baseDigest, RoundPolicy policy, long round, float[] trained, float[] residual, SeededRandom random)
    {
        var layout = model.Layout;
        var pending = model.ToFloats();
        for (int i = 0; i < pending.Length; i++)
            pending[i] = trained[i] - pending[i] + residual[i];
        var dense = new float[layout.DenseLength];
        layout.Coordinates.GatherDense<float>(pending, dense);
        var (positions, selected) = Select(policy, layout, round, pending, random);
        var salt = new byte[SparseUpdate.SaltSize];
        BinaryPrimitives.WriteUInt64LittleEndian(salt, random.NextUInt64());
        BinaryPrimitives.WriteUInt64LittleEndian(salt.AsSpan(8), random.NextUInt64());
        var update = UpdateEncoder.EncodeWithin(
            policy, layout, round, baseDigest, dense, positions, selected, new Random((int)random.NextUInt64()), salt);
        return new PartialUpdate(Canonical.Encode(update), pending, Add(layout, update, positions, pending, -1));
    }

    /// <summary>Returns an update that no aggregate took in to the residual it was taken from.</summary>
    /// <exception cref="ArgumentException">The payload is not an update of this layout: the site's own file is not what it wrote.</exception>
    public static float[] TakeBack(ModelLayout layout, RoundPolicy policy, byte[] payload, float[] residual)
    {
        var update = Canonical.Decode<SparseUpdate>(payload);
        if (UpdateChecks.TryPositions(layout, policy, update, out int[] positions) is { } error)
            throw new ArgumentException(error, nameof(payload));
        var restored = (float[])residual.Clone();
        Add(layout, update, positions, restored, 1);
        return restored;
    }

    /// <summary>The backbone positions that the policy selects, ascending, and what is pending there.</summary>
    private static (int[] Positions, float[] Values) Select(RoundPolicy policy, ModelLayout layout, long round, float[] pending, SeededRandom random)
    {
        // Megabytes that live for milliseconds: rented, or each round would have the collector return and fetch their pages.
        float[] rented = ArrayPool<float>.Shared.Rent(layout.SparseLength);
        try
        {
            var backbone = rented.AsSpan(0, layout.SparseLength);
            layout.Coordinates.GatherBackbone<float>(pending, backbone);
            int count = UpdateChecks.MaxSelected(layout, policy, round);
            int[] positions = policy.Update?.Selection switch
            {
                UpdateSelection.RandomThreshold => RandomSelection.Of(backbone, count, random),
                UpdateSelection.LargestOfTensor => LargestSelection.OfTensors(backbone, layout, TensorQuotas.Of(layout, count, round)),
                UpdateSelection.Rotating => RotatingSelection.Of(layout, policy, round),
                _ => LargestSelection.Of(backbone, count),
            };
            var values = new float[positions.Length];
            for (int i = 0; i < positions.Length; i++)
                values[i] = backbone[positions[i]];
            return (positions, values);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <returns>Flat indices of the update's values.</returns>
    private static int[] Add(ModelLayout layout, SparseUpdate update, int[] positions, float[] target, float sign)
    {
        var (dense, selected) = UpdateEncoder.Decode(layout, update);
        var flat = new int[dense.Length + positions.Length];
        foreach (var run in layout.Coordinates.Dense)
        {
            for (int i = 0; i < run.Length; i++)
                flat[run.Start + i] = run.FlatStart + i;
        }

        layout.Coordinates.ToFlat(positions, flat.AsSpan(dense.Length));
        for (int i = 0; i < flat.Length; i++)
            target[flat[i]] += sign * (i < dense.Length ? dense[i] : selected[i - dense.Length]);
        return flat;
    }
}
