using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Quantises a site's selected deltas to the wire form. Each block of 64 items has the finest power-of-two scale whose int8 range holds
/// its largest value; rounding is stochastic, so it is unbiased. What was lost stays at the site: residual = value − <see cref="Decode"/>.
/// </summary>
public static class UpdateEncoder
{
    /// <summary>Clips to the policy's norm and encodes; the result passes <see cref="UpdateChecks"/>.</summary>
    /// <inheritdoc cref="Encode"/>
    public static SparseUpdate EncodeWithin(
        RoundPolicy policy, ModelLayout layout, long round, Digest baseModel, ReadOnlySpan<float> dense, ReadOnlySpan<int> positions,
        ReadOnlySpan<float> selected, Random random, byte[] salt)
    {
        if (policy.Update?.Selection == UpdateSelection.Rotating && !positions.SequenceEqual(RotatingSelection.Of(layout, policy, round)))
            throw new ArgumentException($"the positions are not those of round {round}, which this form of an update does not name", nameof(positions));
        if (policy.Update?.Selection == UpdateSelection.LargestOfTensor &&
            TensorQuotas.Check(layout, UpdateChecks.MaxSelected(layout, policy, round), round, positions) is { } beyond)
            throw new ArgumentException(beyond, nameof(positions));
        double squares = 0;
        foreach (float value in dense)
            squares += (double)value * value;
        foreach (float value in selected)
            squares += (double)value * value;
        double bound = policy.MaxNorm / (double)RoundPolicy.One, norm = Math.Sqrt(squares);
        var clippedDense = new float[dense.Length];
        var clippedSelected = new float[selected.Length];
        // Rounding may lift the norm over the bound by a little: tighten until it does not. Zero always passes.
        double clip = norm > bound ? bound / norm : 1;
        for (double tighten = 1; ; tighten = tighten < 0.1 ? 0 : tighten * 0.97)
        {
            Scale(dense, clip * tighten, clippedDense);
            Scale(selected, clip * tighten, clippedSelected);
            var update = Encode(layout, round, baseModel, clippedDense, positions, clippedSelected, random, salt, policy.Update);
            if (UpdateChecks.IsWithinNorm(update, policy.MaxNorm))
                return update;
        }
    }

    /// <param name="dense">Every norm and head coordinate, in layout order (<see cref="CoordinateMap.GatherDense"/>).</param>
    /// <param name="positions">Selected backbone positions, strictly ascending.</param>
    /// <param name="selected">Their values. Values beyond the int8 range of the coarsest scale (±127) are clipped.</param>
    /// <param name="random">Drives the stochastic rounding.</param>
    /// <param name="salt">16 random bytes.</param>
    /// <param name="policy">Form of the selected values, and whether their positions are known to all; null for <see cref="UpdatePolicy.Plain"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong, the positions do not ascend, or a value is NaN or infinite.</exception>
    public static SparseUpdate Encode(
        ModelLayout layout, long round, Digest baseModel, ReadOnlySpan<float> dense, ReadOnlySpan<int> positions,
        ReadOnlySpan<float> selected, Random random, byte[] salt, UpdatePolicy? policy = null)
    {
        if (dense.Length != layout.DenseLength)
            throw new ArgumentException($"{dense.Length} dense values where the layout has {layout.DenseLength}", nameof(dense));
        if (positions.Length != selected.Length)
            throw new ArgumentException($"{positions.Length} positions but {selected.Length} values", nameof(positions));
        if (salt.Length != SparseUpdate.SaltSize)
            throw new ArgumentException($"a salt has {SparseUpdate.SaltSize} bytes", nameof(salt));

        var format = policy?.Format ?? ValueFormat.Int8;
        int items = dense.Length + selected.Length, limit = PackedValues.Limit(format);
        var values = new float[items];
        dense.CopyTo(values);
        selected.CopyTo(values.AsSpan(dense.Length));
        var bits = FractionBits(layout, positions);
        var exponents = new byte[(items + SparseUpdate.BlockSize - 1) / SparseUpdate.BlockSize];
        var quantised = new sbyte[items];
        for (int block = 0; block < exponents.Length; block++)
        {
            int start = block * SparseUpdate.BlockSize, length = Math.Min(SparseUpdate.BlockSize, items - start);
            int whole = Math.Clamp(dense.Length - start, 0, length);
            exponents[block] = Exponent(values.AsSpan(start, length), whole, limit, bits.AsSpan(start, length));
            for (int i = start; i < start + length; i++)
                quantised[i] = Round(values[i], exponents[block], bits[i], i < dense.Length ? sbyte.MaxValue : limit, random);
        }

        if (policy?.Selection == UpdateSelection.Rotating)
            return new SparseUpdate(round, baseModel, salt, exponents, quantised, 0, positions.Length, [], format, Rotating: true);
        int k = RiceCoder.OptimalParameter(positions.Length, layout.SparseLength);
        return new SparseUpdate(round, baseModel, salt, exponents, quantised, k, positions.Length, RiceCoder.Encode(positions, k), format);
    }

    /// <summary>What a replica adds to the model for this update, as floats: dense values in layout order, then the selected ones.</summary>
    public static (float[] Dense, float[] Selected) Decode(ModelLayout layout, SparseUpdate update)
    {
        var values = new float[update.Values.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = MathF.ScaleB(update.Values[i], -update.Exponents[i / SparseUpdate.BlockSize]);
        return (values[..layout.DenseLength], values[layout.DenseLength..]);
    }

    /// <summary>The finest scale at which each value stays within its range.</summary>
    /// <param name="whole">The first so many are int8; the others stay within ±<paramref name="limit"/>.</param>
    private static byte Exponent(ReadOnlySpan<float> values, int whole, int limit, ReadOnlySpan<byte> bits)
    {
        float largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new ArgumentException($"an update holds {values[i]}");
            // In units of the int8 range; exact, since the factor of int8 is 1.
            largest = Math.Max(largest, Math.Abs(values[i]) * (i < whole ? 1 : (float)sbyte.MaxValue / limit));
        }

        int finest = TensorLayout.MaxFractionBits;
        foreach (byte b in bits)
            finest = Math.Min(finest, b);
        if (largest == 0)
            return (byte)finest;
        int exponent = Math.Clamp((int)Math.Floor(Math.Log2(sbyte.MaxValue / (double)largest)), 0, finest);
        // The logarithm may be off by an ulp at a power of two.
        while (exponent > 0 && Math.ScaleB(largest, exponent) > sbyte.MaxValue)
            exponent--;
        return (byte)exponent;
    }

    private static sbyte Round(float value, int exponent, int bits, int range, Random random)
    {
        // A tensor with more fraction bits than its block's scale holds less than ±127 of it in an int32.
        int limit = Math.Min(range, int.MaxValue >> (bits - exponent));
        double scaled = Math.Clamp(Math.ScaleB(value, exponent), -limit, limit);
        return (sbyte)Math.Clamp(Math.Floor(scaled + random.NextDouble()), -limit, limit);
    }

    private static byte[] FractionBits(ModelLayout layout, ReadOnlySpan<int> positions)
    {
        var bits = new byte[layout.DenseLength + positions.Length];
        foreach (var run in layout.Coordinates.Dense)
            bits.AsSpan(run.Start, run.Length).Fill((byte)run.FractionBits);
        var backbone = layout.Coordinates.Backbone;
        int at = 0, previous = -1;
        for (int i = 0; i < positions.Length; i++)
        {
            if (positions[i] <= previous || positions[i] >= layout.SparseLength)
                throw new ArgumentException($"position {positions[i]} after {previous} of {layout.SparseLength}", nameof(positions));
            previous = positions[i];
            while (previous >= backbone[at].Start + backbone[at].Length)
                at++;
            bits[layout.DenseLength + i] = (byte)backbone[at].FractionBits;
        }

        return bits;
    }

    private static void Scale(ReadOnlySpan<float> source, double factor, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = (float)(source[i] * factor);
    }
}
