using System.Text.Json;
using Pipeline.Ledger.Simulation;

namespace Pipeline.Host.Simulation;

/// <summary>The machine-readable result of <c>pipeline sim</c>: docs/reference/command-line.md describes it.</summary>
/// <param name="Version">Of the program, with its commit.</param>
/// <param name="Passed">Nothing was violated; with mutants: each was caught.</param>
public sealed record SimulationResult(string Version, bool Passed, long Seed, int Threads, IReadOnlyList<SimulationResult.Sweep> Sweeps)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    /// <param name="Mutant">Null for the correct rules.</param>
    /// <param name="Schedules">Those run; with a mutant, up to the one that caught it.</param>
    /// <param name="Reached">By <see cref="Ledger.Simulation.Reached"/>.</param>
    /// <param name="Crashes">By <see cref="DurablePoint"/> and <see cref="CrashSide"/>.</param>
    public sealed record Sweep(
        int Members, string? Mutant, int Schedules, double Seconds, double SchedulesPerSecond, IReadOnlyList<Violation> Violations,
        IReadOnlyDictionary<string, long> Reached, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Crashes)
    {
        public static Sweep Of(SimulationOptions options, SimulationReport report) => new(
            options.Members, options.Mutant, report.Schedules, Math.Round(report.Elapsed.TotalSeconds, 3), Math.Round(report.SchedulesPerSecond, 1),
            [.. report.Violations.Select(v => new Violation(v.Seed, Name(v.Kind), v.What))],
            Enum.GetValues<Reached>().ToDictionary(Name, what => report.Coverage[what]),
            Enum.GetValues<DurablePoint>().ToDictionary(Name, point => (IReadOnlyDictionary<string, long>)
                Enum.GetValues<CrashSide>().ToDictionary(Name, side => report.Coverage[point, side])));
    }

    /// <param name="Kind">One of <see cref="ViolationKind"/>.</param>
    public sealed record Violation(long Seed, string Kind, string What);

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");

    private static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
