using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The backbone of a model, the only part that a bridge carries: its tensors' names, shapes and scales, and their int32 fixed-point
/// values concatenated in layout order, little-endian.
/// </summary>
public sealed class BackbonePayload : ICanonical<BackbonePayload>
{
    public const int Version = 1;

    private Digest? _digest;

    /// <exception cref="ArgumentException">A tensor is no backbone tensor, or the values are not of their length.</exception>
    public BackbonePayload(IReadOnlyList<TensorLayout> tensors, int[] values)
    {
        if (tensors.Any(t => t.Role != ParameterRole.Backbone))
            throw new ArgumentException("a backbone holds backbone tensors only", nameof(tensors));
        long length = tensors.Sum(t => (long)t.Length);
        if (length != values.Length)
            throw new ArgumentException($"{values.Length} values where the tensors have {length}", nameof(values));
        Tensors = tensors;
        Values = values;
    }

    public IReadOnlyList<TensorLayout> Tensors { get; }

    /// <summary>By backbone position (see <see cref="CoordinateMap"/>). Never mutated after construction.</summary>
    public int[] Values { get; }

    /// <summary>SHA-256 of the canonical bytes: the digest that is attested and that names the payload.</summary>
    public Digest Digest => _digest ??= Digest.Of(Canonical.Encode(this));

    public static BackbonePayload FromModel(FixedPointModel model)
    {
        var values = new int[model.Layout.SparseLength];
        foreach (var run in model.Layout.Coordinates.Backbone)
            model.Weights.AsSpan(run.FlatStart, run.Length).CopyTo(values.AsSpan(run.Start));
        return new BackbonePayload(BackboneTensors(model.Layout), values);
    }

    /// <summary>Two layouts with the same digest have interchangeable backbones: names, order, shapes and scales are equal.</summary>
    public static Digest LayoutDigest(ModelLayout layout) => Digest.Of(Canonical.Encode(w => w.List(BackboneTensors(layout))));

    /// <summary>Size of the canonical bytes of any backbone of <paramref name="layout"/>.</summary>
    public static long BytesFor(ModelLayout layout)
    {
        long empty = Canonical.Encode(w => w.Array(3).Int(Version).List(BackboneTensors(layout)).Bytes([]).EndArray()).Length;
        long content = 4L * layout.SparseLength;
        return empty + content + content switch { < 24 => 0, <= byte.MaxValue => 1, <= ushort.MaxValue => 2, _ => 4 };
    }

    /// <summary>Null when the values fit the backbone of <paramref name="layout"/>; otherwise what differs.</summary>
    public string? Matches(ModelLayout layout)
    {
        var own = BackboneTensors(layout);
        if (own.Count != Tensors.Count)
            return $"{Tensors.Count} backbone tensors where this chain's layout has {own.Count}";
        for (int i = 0; i < own.Count; i++)
        {
            if (own[i].Name != Tensors[i].Name || own[i].FractionBits != Tensors[i].FractionBits || !own[i].Shape.SequenceEqual(Tensors[i].Shape))
                return $"backbone tensor {i} is '{Tensors[i].Name}' [{string.Join('×', Tensors[i].Shape)}], this chain's is '{own[i].Name}' [{string.Join('×', own[i].Shape)}]";
        }

        return null;
    }

    /// <summary>The values as floats, by backbone position.</summary>
    public float[] ToFloats()
    {
        var floats = new float[Values.Length];
        int at = 0;
        foreach (var tensor in Tensors)
        {
            double scale = Math.ScaleB(1.0, -tensor.FractionBits);
            for (int end = at + tensor.Length; at < end; at++)
                floats[at] = (float)(Values[at] * scale);
        }

        return floats;
    }

    public void WriteTo(CanonicalWriter writer)
    {
        var bytes = new byte[4 * Values.Length];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(Values.AsSpan()).CopyTo(bytes);
        }
        else
        {
            for (int i = 0; i < Values.Length; i++)
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), Values[i]);
        }

        writer.Array(3).Int(Version).List(Tensors).Bytes(bytes).EndArray();
    }

    public static BackbonePayload ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        reader.Int32(Version, Version);
        var tensors = reader.List<TensorLayout>(ModelLayout.MaxTensors);
        var bytes = reader.Bytes(4 * (ModelLayout.MaxParameters / 2 - 1));
        reader.EndArray();
        if (bytes.Length % 4 != 0)
            throw new CanonicalFormatException($"{bytes.Length} bytes are no whole number of int32 values");
        var values = new int[bytes.Length / 4];
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 * i));
        return new BackbonePayload(tensors, values);
    }

    private static List<TensorLayout> BackboneTensors(ModelLayout layout) =>
        [.. layout.Tensors.Where(t => t.Role == ParameterRole.Backbone)];
}
