using Pipeline.Ledger.Simulation;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Simulation;

/// <summary>The short runs; the long ones are <c>pipeline sim</c>.</summary>
public sealed class SimulatorTests(ITestOutputHelper output)
{
    public static TheoryData<string> MutantNames => [.. Simulator.Mutants];

    [Theory]
    [InlineData(4, 2000)]
    [InlineData(7, 200)]
    [InlineData(10, 80)]
    [InlineData(1, 50)]
    [InlineData(2, 50)]
    [InlineData(3, 50)]
    public void No_fork_no_equivocation_and_everyone_decides(int members, int schedules)
    {
        var report = Simulator.Run(new SimulationOptions(members, schedules));

        Print(report);
        Assert.True(report.Violations.Count == 0, string.Join("\n", report.Violations));
        Assert.Equal(schedules, report.Schedules);
        Assert.True(report.Coverage[Reached.Heights] >= 3L * schedules, $"only {report.Coverage[Reached.Heights]} heights");
        Assert.True(report.Coverage[Reached.DecidedUnderFaults] >= 0.97 * schedules, "too few schedules decide before they are stable");
    }

    [Fact]
    public void Schedules_reach_the_rare_parts_of_the_protocol_and_crash_at_every_boundary()
    {
        var report = Simulator.Run(new SimulationOptions(4, 1500, FirstSeed: 50_000));

        Print(report);
        Assert.Empty(report.Violations);
        Assert.All(Enum.GetValues<Reached>(), what => Assert.True(report.Coverage[what] > 0, $"no {what}"));
        foreach (var point in Enum.GetValues<DurablePoint>())
        {
            foreach (var side in Enum.GetValues<CrashSide>())
                Assert.True(report.Coverage[point, side] > 0 || (point, side) == (DurablePoint.RoundEntry, CrashSide.AfterSend), $"no crash of {point}, {side}");
        }
    }

    [Fact]
    public void The_same_seed_is_the_same_schedule()
    {
        var options = new SimulationOptions(4, 50, FirstSeed: 7);

        Assert.Equal(Counts(Simulator.Run(options)), Counts(Simulator.Run(options)));
    }

    [Fact]
    public void A_run_is_the_sum_of_its_parts()
    {
        var whole = Simulator.Run(new SimulationOptions(4, 60));
        var sum = new SimulationCoverage();
        foreach (int seed in (int[])[1, 21, 41])
            sum.Add(Simulator.Run(new SimulationOptions(4, 20, seed)).Coverage);

        Assert.Equal(Counts(whole), Counts(whole with { Coverage = sum }));
    }

    [Theory]
    [MemberData(nameof(MutantNames))]
    public void Every_broken_rule_is_caught(string mutant)
    {
        var report = Simulator.Run(new SimulationOptions(4, 20_000, Mutant: mutant));

        Assert.True(report.Violations.Count > 0, $"'{mutant}' survived {report.Schedules} schedules");
        output.WriteLine($"{mutant}: schedule {report.Schedules}, {report.Violations[0]}");
    }

    private static IEnumerable<long> Counts(SimulationReport report) =>
    [
        .. Enum.GetValues<Reached>().Select(what => report.Coverage[what]),
        .. from point in Enum.GetValues<DurablePoint>() from side in Enum.GetValues<CrashSide>() select report.Coverage[point, side],
    ];

    private void Print(SimulationReport report)
    {
        output.WriteLine($"{report.Schedules} schedules, {report.SchedulesPerSecond:F0} a second");
        foreach (var what in Enum.GetValues<Reached>())
            output.WriteLine($"{what}: {report.Coverage[what]}");
        foreach (var point in Enum.GetValues<DurablePoint>())
            output.WriteLine($"crashes at {point}: {string.Join(", ", Enum.GetValues<CrashSide>().Select(side => $"{side} {report.Coverage[point, side]}"))}");
    }
}
