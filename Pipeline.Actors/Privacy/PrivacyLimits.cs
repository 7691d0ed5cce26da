namespace Pipeline.Actors.Privacy;

/// <summary>What a site demands beyond the chain's policy.</summary>
/// <param name="MaxEpsilon">ε that the site spends on the chain at most; 0 leaves it to the chain.</param>
/// <param name="MinNoise">σ that the site adds at least; 0 leaves it to the chain.</param>
public sealed record PrivacyLimits(double MaxEpsilon, double MinNoise)
{
    public static PrivacyLimits None { get; } = new(0, 0);

    /// <summary>The site contributes only where there is differential privacy.</summary>
    public bool Demanding => MaxEpsilon > 0 || MinNoise > 0;
}
