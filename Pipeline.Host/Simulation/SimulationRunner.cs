using System.Globalization;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Simulation;
using Spectre.Console;

namespace Pipeline.Host.Simulation;

/// <summary>Runs <c>pipeline sim</c> in a terminal or a log.</summary>
public static class SimulationRunner
{
    private const int PrintedViolations = 20;

    /// <returns>0 when nothing was violated or, with mutants, when each was caught; 1 otherwise.</returns>
    public static Task<int> RunAsync(SimulationRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var options = Plan(request);
            var runs = new List<(SimulationOptions Options, SimulationReport Report)>();
            if (request.TraceFile is { } trace)
                runs.AddRange(Traced(options, trace));
            else
                WithProgress(terminal.Out, options, (run, progress) => runs.Add((run, SimulationSweep.Run(run, request.Threads, progress, stop))));

            bool mutants = request.Mutants.Count > 0;
            bool passed = runs.TrueForAll(r => r.Report.Violations.Count > 0 == mutants);
            if (mutants)
                SimulationTables.PrintMutants(terminal.Out, runs);
            else
                SimulationTables.Print(terminal.Out, runs);
            PrintViolations(terminal.Out.Profile.Out.Writer, runs);
            if (request.JsonFile is { } file)
            {
                new SimulationResult(
                    ProgramVersion.Full, passed, request.Seed, request.Threads, [.. runs.Select(r => SimulationResult.Sweep.Of(r.Options, r.Report))]).Write(file);
            }

            return passed ? ExitCode.Ok : ExitCode.Failed;
        },
        stop);

    private static SimulationOptions[] Plan(SimulationRequest request)
    {
        string?[] mutants = request.Mutants.Count == 0 ? [null] : [.. request.Mutants];
        return
        [
            .. from mutant in mutants
               from sweep in request.Sweeps
               select new SimulationOptions(
                   sweep.Members, sweep.Schedules, request.Seed, Mutant: mutant, StopAtFirstViolation: mutant is not null),
        ];
    }

    private static (SimulationOptions, SimulationReport)[] Traced(SimulationOptions[] plan, string file)
    {
        using var writer = new StreamWriter(file);
        return [.. plan.Select(options => (options, Simulator.Run(options, writer.WriteLine)))];
    }

    /// <summary>A bar for each sweep in a terminal; nothing in a log.</summary>
    private static void WithProgress(IAnsiConsole console, SimulationOptions[] plan, Action<SimulationOptions, Action<int>> run)
    {
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Capabilities.Ansi)
        {
            foreach (var options in plan)
                run(options, _ => { });
            return;
        }

        console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                foreach (var options in plan)
                {
                    var task = context.AddTask(Markup.Escape(Describe(options)), maxValue: options.Schedules);
                    run(options, done => task.Value = done);
                    task.Value = options.Schedules;
                }
            });
    }

    /// <summary>A line for each, however long, so that a log keeps them whole.</summary>
    private static void PrintViolations(TextWriter writer, List<(SimulationOptions Options, SimulationReport Report)> runs)
    {
        foreach (var (options, report) in runs)
        {
            foreach (var violation in report.Violations.Take(PrintedViolations))
            {
                writer.WriteLine($"{Describe(options)}, seed {violation.Seed}: {SimulationTables.Label(violation.Kind)}: {violation.What}");
                if (options.Mutant is null)
                    writer.WriteLine($"  again: {Again(options, violation.Seed)}");
            }

            if (report.Violations.Count > PrintedViolations)
                writer.WriteLine($"{Describe(options)}: {report.Violations.Count - PrintedViolations} more");
        }
    }

    private static string Describe(SimulationOptions options) => options.Mutant is null
        ? string.Create(CultureInfo.InvariantCulture, $"n = {options.Members}")
        : string.Create(CultureInfo.InvariantCulture, $"{options.Mutant}, n = {options.Members}");

    private static string Again(SimulationOptions options, long seed) => string.Create(
        CultureInfo.InvariantCulture, $"pipeline sim --members {options.Members} --schedules 1 --seed {seed}");
}
