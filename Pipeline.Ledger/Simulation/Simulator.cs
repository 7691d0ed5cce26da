using System.Diagnostics;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>
/// Runs the real consensus core of n members through random schedules in virtual time: loss, duplication, reordering, partitions,
/// crashes at any effect boundary with recovery from the journal, a journal rolled back, and f Byzantine members. Checks what
/// <see cref="ViolationKind"/> lists.
/// </summary>
public static class Simulator
{
    public const int MaxMembers = MemberSet.MaxMembers;

    /// <summary>The names of the broken variants that <see cref="SimulationOptions.Mutant"/> selects.</summary>
    public static IReadOnlyList<string> Mutants { get; } = [.. Mutant.All.Select(m => m.Name)];

    /// <param name="trace">Told every happening of every schedule, a line each; null when nobody reads.</param>
    /// <exception cref="ArgumentException">The mutant's name is unknown, or there are too few or too many members.</exception>
    public static SimulationReport Run(SimulationOptions options, Action<string>? trace = null)
    {
        if (options.Members is < 1 or > MaxMembers)
            throw new ArgumentException($"{options.Members} members; a schedule has 1 to {MaxMembers}", nameof(options));
        var mutant = options.Mutant is null ? null : Mutant.All.FirstOrDefault(m => m.Name == options.Mutant)
            ?? throw new ArgumentException($"no mutant '{options.Mutant}'; there are {string.Join(", ", Mutants)}", nameof(options));
        var watch = Stopwatch.StartNew();
        var coverage = new SimulationCoverage();
        var violations = new List<SimulationViolation>();
        int schedules = 0;
        while (schedules < options.Schedules)
        {
            long seed = options.FirstSeed + schedules++;
            if (new Schedule(options, mutant, seed, coverage, trace).Run() is not { } violation)
                continue;
            violations.Add(violation);
            if (options.StopAtFirstViolation)
                break;
        }

        return new SimulationReport(schedules, violations, coverage, watch.Elapsed);
    }
}
