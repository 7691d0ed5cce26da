using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Privacy;

/// <summary>Noise that repeats, for experiments and tests. It protects nobody from those who know the seed.</summary>
public sealed class SeededNoise(SeededRandom random) : IPrivacyNoise
{
    public ulong NextUInt64() => random.NextUInt64();
}
