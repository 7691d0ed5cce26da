namespace Pipeline.Ledger.Simulation;

/// <summary>xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64: the same numbers on every runtime.</summary>
internal sealed class SimulationRandom
{
    private ulong _a, _b, _c, _d;

    public SimulationRandom(long seed)
    {
        ulong x = (ulong)seed;
        _a = Mix(ref x);
        _b = Mix(ref x);
        _c = Mix(ref x);
        _d = Mix(ref x);
    }

    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>True <paramref name="perMille"/> times in a thousand.</summary>
    public bool Chance(int perMille) => perMille > 0 && Below(1000) < perMille;

    private ulong Next()
    {
        ulong result = ulong.RotateLeft(_b * 5, 7) * 9;
        ulong t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Mix(ref ulong x)
    {
        ulong z = x += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
