using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The model as every replica holds it: int32 fixed-point values in the layout's order, and the server momentum of the same shape
/// (int32, same scale). Bytes: layout digest (32) ‖ weights ‖ momentum, little-endian; their SHA-256 is what members attest.
/// </summary>
public sealed class FixedPointModel
{
    private Digest? _digest;

    /// <exception cref="ArgumentException">The vectors are not of the layout's length.</exception>
    public FixedPointModel(ModelLayout layout, int[] weights, int[] momentum)
    {
        if (weights.Length != layout.Length || momentum.Length != layout.Length)
            throw new ArgumentException($"weights ({weights.Length}) and momentum ({momentum.Length}) must have {layout.Length} values");
        Layout = layout;
        Weights = weights;
        Momentum = momentum;
    }

    public ModelLayout Layout { get; }

    /// <summary>Never mutated after construction.</summary>
    public int[] Weights { get; }

    /// <summary>Never mutated after construction.</summary>
    public int[] Momentum { get; }

    public Digest Digest => _digest ??= Hash();

    /// <summary>Rounds to nearest, ties to even; saturates at the int32 range.</summary>
    /// <exception cref="ArgumentException">A value is NaN or infinite, or the length is wrong.</exception>
    public static FixedPointModel FromFloats(ModelLayout layout, ReadOnlySpan<float> values)
    {
        if (values.Length != layout.Length)
            throw new ArgumentException($"{values.Length} values where the layout has {layout.Length}", nameof(values));
        var weights = new int[values.Length];
        for (int t = 0; t < layout.Tensors.Count; t++)
        {
            double scale = Math.ScaleB(1.0, layout.Tensors[t].FractionBits);
            int end = layout.Offsets[t] + layout.Tensors[t].Length;
            for (int i = layout.Offsets[t]; i < end; i++)
            {
                if (!float.IsFinite(values[i]))
                    throw new ArgumentException($"tensor '{layout.Tensors[t].Name}' holds {values[i]}", nameof(values));
                weights[i] = (int)Math.Clamp(Math.Round(values[i] * scale), int.MinValue, int.MaxValue);
            }
        }

        return new FixedPointModel(layout, weights, new int[values.Length]);
    }

    /// <summary>The weights as floats, for training; exact to 24 bits.</summary>
    public float[] ToFloats() => ToFloats(Weights);

    /// <summary>The momentum as floats: without a server momentum, what the last aggregate was.</summary>
    public float[] MomentumToFloats() => ToFloats(Momentum);

    private float[] ToFloats(int[] fixedPoint)
    {
        var values = new float[fixedPoint.Length];
        for (int t = 0; t < Layout.Tensors.Count; t++)
        {
            double scale = Math.ScaleB(1.0, -Layout.Tensors[t].FractionBits);
            int end = Layout.Offsets[t] + Layout.Tensors[t].Length;
            for (int i = Layout.Offsets[t]; i < end; i++)
                values[i] = (float)(fixedPoint[i] * scale);
        }

        return values;
    }

    /// <summary>Size of <see cref="ToBytes"/> for any model of <paramref name="layout"/>.</summary>
    public static long BytesFor(ModelLayout layout) => Crypto.Digest.Size + 8L * layout.Length;

    public byte[] ToBytes()
    {
        var bytes = new byte[Crypto.Digest.Size + 8 * Weights.Length];
        Layout.Digest.CopyTo(bytes);
        LittleEndian(Weights).CopyTo(bytes.AsSpan(Crypto.Digest.Size));
        LittleEndian(Momentum).CopyTo(bytes.AsSpan(Crypto.Digest.Size + 4 * Weights.Length));
        return bytes;
    }

    /// <summary>Null and an error when the bytes are not a model of <paramref name="layout"/>.</summary>
    public static FixedPointModel? TryFromBytes(ModelLayout layout, ReadOnlySpan<byte> bytes, out string? error)
    {
        long expected = BytesFor(layout);
        if (bytes.Length != expected)
        {
            error = $"a model of this layout has {expected} bytes, not {bytes.Length}";
            return null;
        }

        if (new Digest(bytes[..Crypto.Digest.Size]) != layout.Digest)
        {
            error = "the model is of another layout";
            return null;
        }

        error = null;
        return new FixedPointModel(
            layout, Read(bytes.Slice(Crypto.Digest.Size, 4 * layout.Length)), Read(bytes[(Crypto.Digest.Size + 4 * layout.Length)..]));
    }

    /// <summary>The digest of <see cref="ToBytes"/>, without a copy of the model.</summary>
    private Digest Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Layout.Digest.ToArray());
        hash.AppendData(LittleEndian(Weights));
        hash.AppendData(LittleEndian(Momentum));
        return new Digest(hash.GetHashAndReset());
    }

    /// <summary>The values themselves where the machine stores them so, else a copy.</summary>
    private static ReadOnlySpan<byte> LittleEndian(int[] values)
    {
        if (BitConverter.IsLittleEndian)
            return MemoryMarshal.AsBytes<int>(values);
        var reversed = new int[values.Length];
        BinaryPrimitives.ReverseEndianness(values, reversed);
        return MemoryMarshal.AsBytes<int>(reversed);
    }

    private static int[] Read(ReadOnlySpan<byte> source)
    {
        var values = new int[source.Length / 4];
        source.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values, values);
        return values;
    }
}
