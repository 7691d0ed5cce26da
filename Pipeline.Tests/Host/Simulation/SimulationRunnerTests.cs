using System.Text.Json;
using Pipeline.Host.Commands;
using Pipeline.Host.Simulation;
using Pipeline.Ledger.Simulation;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Simulation;

public sealed class SimulationRunnerTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("simulation-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _terminal.Dispose();
    }

    [Theory]
    [InlineData(null, 230)]
    [InlineData("no-round-skip", 2000)]
    public void The_report_depends_on_the_seeds_alone(string? mutant, int schedules)
    {
        var options = new SimulationOptions(4, schedules, FirstSeed: 3, Mutant: mutant, StopAtFirstViolation: mutant is not null);
        var alone = SimulationSweep.Run(options, 1, _ => { }, CancellationToken.None);
        var together = SimulationSweep.Run(options, 4, _ => { }, CancellationToken.None);

        Assert.Equal(alone.Schedules, together.Schedules);
        Assert.Equal(alone.Violations, together.Violations);
        Assert.Equal(mutant is null ? 0 : 1, alone.Violations.Count);
        Assert.All(Enum.GetValues<Reached>(), what => Assert.Equal(alone.Coverage[what], together.Coverage[what]));
        Assert.True(mutant is null ? alone.Schedules == schedules : alone.Violations[0].Seed == 3 + alone.Schedules - 1);
    }

    [Fact]
    public void A_sweep_tells_its_progress_and_stops_when_asked()
    {
        int told = 0;
        SimulationSweep.Run(new SimulationOptions(4, 120), 2, done => Interlocked.Exchange(ref told, Math.Max(told, done)), CancellationToken.None);
        Assert.Equal(120, told);

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => SimulationSweep.Run(new SimulationOptions(4, 1_000_000), 2, _ => stop.Cancel(), stop.Token));
    }

    [Fact]
    public async Task A_run_without_violations_prints_tables_and_writes_json_and_is_0()
    {
        string file = Path.Combine(_folder, "sim.json");
        Assert.Equal(ExitCode.Ok, await Run(new SimulationRequest([(4, 60), (7, 10)], 5, [], 2, file, null)));

        Assert.Contains("n = 4", _terminal.Output, StringComparison.Ordinal);
        Assert.Contains("honest equivocations", _terminal.Output, StringComparison.Ordinal);
        Assert.Contains("precommit, polka, lock", _terminal.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var root = json.RootElement;
        Assert.True(root.GetProperty("passed").GetBoolean());
        Assert.Equal(5, root.GetProperty("seed").GetInt64());
        Assert.Equal([(4, 60), (7, 10)], root.GetProperty("sweeps").EnumerateArray()
            .Select(s => (s.GetProperty("members").GetInt32(), s.GetProperty("schedules").GetInt32())));
        var sweep = root.GetProperty("sweeps")[0];
        Assert.Equal(0, sweep.GetProperty("violations").GetArrayLength());
        Assert.True(sweep.GetProperty("reached").GetProperty("heights").GetInt64() > 60 * 3);
        Assert.True(sweep.GetProperty("crashes").GetProperty("precommit").GetProperty("beforeSend").GetInt64() > 0);
    }

    [Fact]
    public async Task Mutants_that_are_caught_are_0_and_one_that_survives_is_1()
    {
        Assert.Equal(ExitCode.Ok, await Run(new SimulationRequest([(4, 500)], 1, ["small-quorum", "lost-persists"], 2, null, null)));
        Assert.Contains("small-quorum, n = 4, seed", _terminal.Output, StringComparison.Ordinal);

        // Nobody is rolled back in the first schedule.
        Assert.Equal(ExitCode.Failed, await Run(new SimulationRequest([(4, 1)], 1, ["rollback-unnoticed"], 1, null, null)));
        Assert.Contains("not within 1", _terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_has_a_line_for_whatever_happens()
    {
        string file = Path.Combine(_folder, "trace.log");
        Assert.Equal(ExitCode.Ok, await Run(new SimulationRequest([(4, 1)], 1, [], 1, null, file)));

        string[] lines = await File.ReadAllLinesAsync(file);
        Assert.StartsWith("seed 1: Faults {", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("decides", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("hears from", StringComparison.Ordinal));
    }

    private Task<int> Run(SimulationRequest request) => SimulationRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None);
}
