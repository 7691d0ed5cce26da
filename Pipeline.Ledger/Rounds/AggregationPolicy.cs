using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>How a chain aggregates where not by the mean: which false updates it withstands, and how.</summary>
/// <param name="Faults">f, false updates a round withstands; fewer where a round has too few: at most ⌊(n−1)/2⌋ of n.</param>
/// <param name="ClipNorms">The ⌊2(f/n)(n−f)⌋ longest updates are shortened to the next (ARC; Allouah et al. 2024).</param>
/// <param name="MixNeighbours">Each update is replaced by the mean of its n−f nearest, itself included (Allouah et al. 2023).</param>
public sealed record AggregationPolicy(AggregationKind Kind, int Faults, bool ClipNorms, bool MixNeighbours) : ICanonical<AggregationPolicy>
{
    /// <summary>Clipping, mixing and the trimmed mean: what is recommended where members may be false.</summary>
    public static AggregationPolicy Robust(int faults) => new(AggregationKind.TrimmedMean, faults, true, true);

    public void WriteTo(CanonicalWriter writer) => writer.Array(4).Int((int)Kind).Int(Faults).Bool(ClipNorms).Bool(MixNeighbours).EndArray();

    public static AggregationPolicy ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var policy = new AggregationPolicy(
            (AggregationKind)reader.Int32(0, (int)AggregationKind.CenteredClipping), reader.Int32(0, 31), reader.Bool(), reader.Bool());
        reader.EndArray();
        return policy;
    }
}
