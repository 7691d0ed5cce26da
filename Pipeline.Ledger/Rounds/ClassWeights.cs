using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// What an image of each class counts in the loss, × 10⁶, the same at every site: members agree on them by how many images of a class they have together, so that
/// classes weigh alike in the chain and not at each site by itself.
/// </summary>
/// <param name="Ppm">By class, in the order of the task's.</param>
public sealed record ClassWeights(IReadOnlyList<int> Ppm) : ICanonical<ClassWeights>
{
    private const int MaxClasses = 256, Most = 1_000_000_000;

    /// <summary>By class; 1 = as an image without weights.</summary>
    public float[] ToFloats() => [.. Ppm.Select(w => (float)(w / 1e6))];

    public bool Equals(ClassWeights? other) => other is not null && Ppm.SequenceEqual(other.Ppm);

    public override int GetHashCode() => Ppm.Aggregate(Ppm.Count, HashCode.Combine);

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(Ppm.Count);
        foreach (int weight in Ppm)
            writer.Int(weight);
        writer.EndArray();
    }

    public static ClassWeights ReadFrom(CanonicalReader reader)
    {
        var weights = new int[reader.ArrayHeader(MaxClasses)];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = reader.Int32(1, Most);
        reader.EndArray();
        return new ClassWeights(weights);
    }
}
