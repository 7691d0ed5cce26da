using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's coarse fixed-point metrics of a final model on its own validation data.</summary>
/// <param name="AucPpm">Macro-AUC × 10⁶.</param>
/// <param name="SizeBucket">⌊log₂⌋ of the number of validation images: never the number itself.</param>
public sealed record Metrics(long Round, int AucPpm, int SizeBucket) : ICanonical<Metrics>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Round).Int(AucPpm).Int(SizeBucket).EndArray();

    public static Metrics ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var metrics = new Metrics(reader.Int(1), reader.Int32(0, 1_000_000), reader.Int32(0, 31));
        reader.EndArray();
        return metrics;
    }
}
