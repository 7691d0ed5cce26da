namespace Pipeline.Ledger.Simulation;

/// <summary>What to simulate. Times are virtual milliseconds.</summary>
/// <param name="Members">n; f = ⌊(n−1)/3⌋ of them are Byzantine in seven schedules of eight.</param>
/// <param name="FirstSeed">Schedule i runs from seed <paramref name="FirstSeed"/> + i; equal seeds give equal schedules.</param>
/// <param name="Heights">Decided under faults by the chain, and then once more after stabilization by every honest member.</param>
/// <param name="MinFaulty">Faults last at least this long.</param>
/// <param name="MaxFaulty">
/// Faults end at the latest then, even if <paramref name="Heights"/> are not decided: while messages are lost nobody can promise a decision.
/// </param>
/// <param name="Deadline">Counted from stabilization. A member that has not decided its heights by then is stuck.</param>
/// <param name="Mutant">The name of one of <see cref="Simulator.Mutants"/>; null for the correct rules.</param>
/// <param name="StopAtFirstViolation">False counts violations over all schedules.</param>
public sealed record SimulationOptions(
    int Members, int Schedules, long FirstSeed = 1, int Heights = 3, int MinFaulty = 2000, int MaxFaulty = 300_000, int Deadline = 60_000,
    string? Mutant = null, bool StopAtFirstViolation = true);
