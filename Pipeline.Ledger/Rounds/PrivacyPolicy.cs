using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Differential privacy that every contribution of a chain has: DP-SGD at the site (Abadi et al. 2016) with the chain's batch size as the expected
/// number of units a step. Integers only. A site may be stricter, never laxer.
/// </summary>
/// <param name="Unit">What the guarantee is about.</param>
/// <param name="ImagesPerUnit">Images of one unit that a step uses at most; more are drawn from at random.</param>
/// <param name="ClipQ16">Bound on the L2 norm of one unit's gradient, × 2¹⁶.</param>
/// <param name="NoisePpm">σ × 10⁶, standard deviation of the noise in units of the bound.</param>
/// <param name="DeltaPpb">δ × 10⁹.</param>
/// <param name="BudgetMicro">ε × 10⁶ that a site may spend over the whole chain.</param>
public sealed record PrivacyPolicy(PrivacyUnit Unit, int ImagesPerUnit, long ClipQ16, int NoisePpm, int DeltaPpb, long BudgetMicro) : ICanonical<PrivacyPolicy>
{
    /// <summary>ε is at most 1000 (micro-units).</summary>
    public const long MaxSpentMicro = 1_000_000_000;

    public void WriteTo(CanonicalWriter writer) => writer.Array(6).Int((int)Unit).Int(ImagesPerUnit).Int(ClipQ16).Int(NoisePpm).Int(DeltaPpb)
        .Int(BudgetMicro).EndArray();

    public static PrivacyPolicy ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var policy = new PrivacyPolicy(
            (PrivacyUnit)reader.Int32(0, (int)PrivacyUnit.Patient), reader.Int32(1, 1024), reader.Int(1, 1L << 32), reader.Int32(10_000, 1_000_000_000),
            reader.Int32(1, 10_000_000), reader.Int(1, MaxSpentMicro));
        reader.EndArray();
        return policy;
    }
}
