namespace Pipeline.Actors.Privacy;

/// <summary>
/// Randomness that a privacy guarantee rests on. Whoever can predict it can subtract it: at a site it must be unknown to every other
/// member, so never derived from a chain's data.
/// </summary>
public interface IPrivacyNoise
{
    ulong NextUInt64();

    /// <summary>Uniform in [0, 1).</summary>
    double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    double NextGaussian() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());
}
