namespace Pipeline.Ledger.Simulation;

/// <summary>What happened over all schedules, and how much of the protocol they reached.</summary>
/// <param name="Violations">By seed, ascending.</param>
public sealed record SimulationReport(
    int Schedules, IReadOnlyList<SimulationViolation> Violations, SimulationCoverage Coverage, TimeSpan Elapsed)
{
    public double SchedulesPerSecond => Schedules / Math.Max(Elapsed.TotalSeconds, 1e-9);
}
