using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Privacy;

/// <summary>The terms a site trains under: the chain's policy, made stricter where the site demands it.</summary>
/// <param name="Unit">What is sampled, clipped and counted as one.</param>
/// <param name="ImagesPerUnit">Images of one unit that a step uses at most.</param>
/// <param name="Clip">Bound on the L2 norm of one unit's gradient.</param>
/// <param name="Noise">σ, in units of <paramref name="Clip"/>.</param>
/// <param name="Delta">δ.</param>
/// <param name="Budget">ε over the whole chain.</param>
/// <param name="BatchSize">Expected units a step.</param>
/// <param name="Steps">Steps a round.</param>
public sealed record PrivacyTerms(
    PrivacyUnit Unit, int ImagesPerUnit, double Clip, double Noise, double Delta, double Budget, int BatchSize, int Steps)
{
    /// <exception cref="ArgumentException">The policy has no privacy.</exception>
    public static PrivacyTerms Of(RoundPolicy policy, PrivacyLimits limits)
    {
        var privacy = policy.Privacy ?? throw new ArgumentException("the chain's policy has no differential privacy", nameof(policy));
        double budget = privacy.BudgetMicro * 1e-6;
        return new PrivacyTerms(
            privacy.Unit, privacy.ImagesPerUnit, privacy.ClipQ16 / (double)RoundPolicy.One, Math.Max(privacy.NoisePpm * 1e-6, limits.MinNoise),
            privacy.DeltaPpb * 1e-9, limits.MaxEpsilon > 0 ? Math.Min(budget, limits.MaxEpsilon) : budget, policy.BatchSize, policy.LocalSteps);
    }

    /// <summary>q, with which each of <paramref name="units"/> is sampled in a step.</summary>
    public double Rate(int units) => units <= BatchSize ? 1 : (double)BatchSize / units;
}
