using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>One tensor of the flat parameter vector.</summary>
/// <param name="Shape">Dimensions, outermost first (convolutions: out × in × kh × kw).</param>
/// <param name="FractionBits">Fixed-point scale: the value is the integer × 2^−FractionBits.</param>
public sealed record TensorLayout(string Name, IReadOnlyList<int> Shape, ParameterRole Role, int FractionBits) : ICanonical<TensorLayout>
{
    public const int MaxRank = 5;
    public const int MaxNameLength = 128;
    public const int MaxFractionBits = 28;

    public int Length => Shape.Aggregate(1, (product, dimension) => checked(product * dimension));

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(4).Text(Name).Array(Shape.Count);
        foreach (int dimension in Shape)
            writer.Int(dimension);
        writer.EndArray().Int((int)Role).Int(FractionBits).EndArray();
    }

    public static TensorLayout ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        string name = reader.Text(MaxNameLength);
        int rank = reader.ArrayHeader(MaxRank);
        var shape = new int[rank];
        for (int i = 0; i < rank; i++)
            shape[i] = reader.Int32(1, ModelLayout.MaxParameters);
        reader.EndArray();
        var tensor = new TensorLayout(
            name, shape, (ParameterRole)reader.Int32(0, (int)ParameterRole.Head), reader.Int32(0, MaxFractionBits));
        reader.EndArray();
        return tensor;
    }
}

/// <summary>The order, shapes and scales of a model's parameters: how the flat vector of length <see cref="Length"/> is cut into tensors.</summary>
public sealed class ModelLayout : ICanonical<ModelLayout>
{
    public const int MaxTensors = 2048;
    public const int MaxParameters = 1 << 28;

    /// <exception cref="ArgumentException">Too many parameters.</exception>
    public ModelLayout(IReadOnlyList<TensorLayout> tensors)
    {
        Tensors = tensors;
        var offsets = new int[tensors.Count];
        long length = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (int)length;
            length += tensors[i].Length;
            if (length > MaxParameters)
                throw new ArgumentException($"a model has at most {MaxParameters} parameters", nameof(tensors));
            if (tensors[i].Role == ParameterRole.Backbone)
                SparseLength += tensors[i].Length;
        }

        Offsets = offsets;
        Length = (int)length;
        Coordinates = new CoordinateMap(tensors, offsets);
        Digest = Crypto.Digest.Of(Canonical.Encode(this));
    }

    public IReadOnlyList<TensorLayout> Tensors { get; }

    /// <summary>Where each tensor starts in the flat vector.</summary>
    public IReadOnlyList<int> Offsets { get; }

    /// <summary>Where backbone positions and dense positions lie in the flat vector.</summary>
    public CoordinateMap Coordinates { get; }

    /// <summary>Parameters in all.</summary>
    public int Length { get; }

    /// <summary>Parameters of the backbone, of which an update carries a sparse selection.</summary>
    public int SparseLength { get; }

    /// <summary>Parameters of norms and head, which every update carries.</summary>
    public int DenseLength => Length - SparseLength;

    public Digest Digest { get; }

    public void WriteTo(CanonicalWriter writer) => writer.List(Tensors);

    public static ModelLayout ReadFrom(CanonicalReader reader)
    {
        try
        {
            return new ModelLayout(reader.List<TensorLayout>(MaxTensors));
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new CanonicalFormatException(e.Message, e);
        }
    }
}
