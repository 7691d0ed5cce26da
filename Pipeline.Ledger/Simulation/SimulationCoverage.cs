namespace Pipeline.Ledger.Simulation;

/// <summary>Counts over the schedules of a run.</summary>
public sealed class SimulationCoverage
{
    private static readonly int Sides = Enum.GetValues<CrashSide>().Length;

    private readonly long[] _counts = new long[Enum.GetValues<Reached>().Length];
    private readonly long[] _crashes = new long[Enum.GetValues<DurablePoint>().Length * Sides];

    public long this[Reached what] => _counts[(int)what];

    /// <summary>How often an honest member crashed there.</summary>
    public long this[DurablePoint point, CrashSide side] => _crashes[((int)point * Sides) + (int)side];

    public void Add(SimulationCoverage other)
    {
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        for (int i = 0; i < _crashes.Length; i++)
            _crashes[i] += other._crashes[i];
    }

    internal void Count(Reached what, long times = 1) => _counts[(int)what] += times;

    internal void Count(DurablePoint point, CrashSide side) => _crashes[((int)point * Sides) + (int)side]++;
}
