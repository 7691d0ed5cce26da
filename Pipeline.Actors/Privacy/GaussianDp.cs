using static Pipeline.Actors.Privacy.SpecialFunctions;

namespace Pipeline.Actors.Privacy;

/// <summary>
/// Gaussian differential privacy (Dong, Roth and Su 2022): an attacker who must tell whether one unit was trained on does no better than one who
/// must tell N(0, 1) from N(μ, 1) by one draw.
/// </summary>
public static class GaussianDp
{
    /// <summary>The least δ at which μ-GDP is (ε, δ)-DP: Φ(μ/2 − ε/μ) − e^ε Φ(−μ/2 − ε/μ).</summary>
    public static double Delta(double mu, double epsilon) =>
        NormalCdf(mu / 2 - epsilon / mu) - Math.Exp(epsilon) * NormalCdf(-mu / 2 - epsilon / mu);

    /// <summary>The μ whose (ε, δ) curve passes through the given point.</summary>
    public static double Mu(double epsilon, double delta)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epsilon);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        double low = 1e-6, high = 1;
        while (Delta(high, epsilon) < delta)
            high *= 2;
        for (int i = 0; i < 200 && high - low > 1e-14 * high; i++)
        {
            double middle = (low + high) / 2;
            if (Delta(middle, epsilon) < delta)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    /// <summary>
    /// Ceiling on the AUC of any membership attack where the noise is that of μ-GDP at (ε, δ): Φ(μ/√2). A measured attack above it means that
    /// the accountant or the mechanism is broken.
    /// </summary>
    public static double MembershipAucCeiling(double epsilon, double delta) => NormalCdf(Mu(epsilon, delta) / Math.Sqrt(2));
}
