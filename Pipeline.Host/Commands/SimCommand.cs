using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Pipeline.Host.Simulation;
using Pipeline.Ledger.Simulation;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline sim</c>.</summary>
internal static class SimCommand
{
    /// <summary>Selects every mutant.</summary>
    private const string AllMutants = "all";

    public static Command Create(RunSimulation run, Terminal terminal)
    {
        var schedules = Numbers("--schedules", 10_000, "Schedules for each number of members: one for all, or one for each.", int.MaxValue);
        var members = Numbers("--members", 4, "Members of the chain; several are run one after the other.", Simulator.MaxMembers);
        var seed = new Option<long>("--seed")
        {
            Description = "Seed of the first schedule; the next ones count up.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var mutant = new Option<string>("--mutant")
        {
            Description = $"Break one rule and see it caught: {string.Join(", ", Simulator.Mutants)}, or {AllMutants}.",
            HelpName = "NAME",
        };
        mutant.AcceptOnlyFromAmong([.. Simulator.Mutants, AllMutants]);
        var threads = new Option<int>("--threads")
        {
            Description = "How many schedules run at once. The result does not depend on it.",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        threads.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int value) && value is < 1 or > 1024)
                result.AddError($"--threads {value}: 1 to 1024");
        });
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var trace = new Option<string>("--trace") { Description = "Also write whatever happens, a line each: for a single schedule.", HelpName = "FILE" };
        var command = new DocumentedCommand("sim",
            "Runs the real consensus core through random schedules in virtual time: loss, duplication, reordering, crashes at any boundary, partitions, Byzantine members. Exit code 1 when a rule is broken; with --mutant, when the mutant is not caught.",
            """
            pipeline sim --schedules 20000 --members 4 --seed 1
            pipeline sim --schedules 800000,150000,50000 --members 4,7,10 --json sim.json
            pipeline sim --mutant all --schedules 20000
            pipeline sim --members 4 --schedules 1 --seed 19850 --trace schedule.log
            """) { schedules, members, seed, mutant, threads, json, trace };
        command.SetAction((parsed, stop) =>
        {
            int[] counts = parsed.GetRequiredValue(schedules), sizes = parsed.GetRequiredValue(members);
            string? traceFile = FullPath(parsed.GetValue(trace));
            if (counts.Length != 1 && counts.Length != sizes.Length)
                throw Usage($"--schedules names {counts.Length} counts for {sizes.Length} numbers of members; give one, or one for each");
            if (traceFile is not null && counts is not [1])
                throw Usage("--trace writes every message: give --schedules 1 and the --seed to look at");
            string[] mutants = parsed.GetValue(mutant) switch { null => [], AllMutants => [.. Simulator.Mutants], var name => [name] };
            return run(
                new SimulationRequest(
                    [.. sizes.Select((n, i) => (n, counts[counts.Length == 1 ? 0 : i]))], parsed.GetValue(seed), mutants, parsed.GetValue(threads),
                    FullPath(parsed.GetValue(json)), traceFile),
                terminal, stop);
        });
        return command;
    }

    private static CommandFailedException Usage(string message) => new(message) { ExitCode = ExitCode.Usage };

    private static string? FullPath(string? file) => file is null ? null : Path.GetFullPath(file);

    /// <summary>One or more numbers from 1 to <paramref name="max"/>, separated by commas.</summary>
    private static Option<int[]> Numbers(string name, int usual, string description, int max) => new(name)
    {
        Description = description,
        HelpName = "N[,N…]",
        DefaultValueFactory = _ => [usual],
        CustomParser = result => Parse(result, name, max),
    };

    private static int[] Parse(ArgumentResult result, string name, int max)
    {
        var numbers = new List<int>();
        foreach (string part in result.Tokens[0].Value.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= max)
                numbers.Add(number);
            else
                result.AddError($"{name}: '{part}' is no number from 1 to {max}");
        }

        return [.. numbers];
    }
}
