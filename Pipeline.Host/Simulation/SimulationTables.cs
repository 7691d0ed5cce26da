using System.Globalization;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Simulation;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pipeline.Host.Simulation;

/// <summary>The closing tables of <c>pipeline sim</c>: a column for each number of members.</summary>
internal static class SimulationTables
{
    public static void Print(IAnsiConsole console, IReadOnlyList<(SimulationOptions Options, SimulationReport Report)> runs)
    {
        var table = New(console, "Schedules").AddColumn("");
        foreach (var (options, _) in runs)
            table.AddColumn(Right($"n = {options.Members}"));
        Row("schedules", r => r.Schedules);
        Row("a second", r => (long)r.SchedulesPerSecond);
        table.AddEmptyRow();
        foreach (var kind in Enum.GetValues<ViolationKind>())
            Row(Label(kind), r => r.Violations.Count(v => v.Kind == kind));
        table.AddEmptyRow();
        foreach (var what in Enum.GetValues<Reached>())
            Row(Label(what), r => r.Coverage[what]);
        console.Write(table);
        PrintCrashes(console, [.. runs.Select(r => r.Report)]);

        void Row(string label, Func<SimulationReport, long> value) =>
            table.AddRow([new Text(label), .. runs.Select(r => new Text(Quantities.Count(value(r.Report))))]);
    }

    public static void PrintMutants(IAnsiConsole console, IReadOnlyList<(SimulationOptions Options, SimulationReport Report)> runs)
    {
        var table = New(console, "Mutants").AddColumn("Mutant").AddColumn(Right("n")).AddColumn(Right("Caught by schedule")).AddColumn("As");
        foreach (var (options, report) in runs)
        {
            bool caught = report.Violations.Count > 0;
            IRenderable[] row =
            [
                new Text(options.Mutant!), new Text(options.Members.ToString(CultureInfo.InvariantCulture)),
                new Text(caught ? Quantities.Count(report.Schedules) : $"not within {Quantities.Count(report.Schedules)}"),
                new Text(caught ? Label(report.Violations[0].Kind) : ""),
            ];
            table.AddRow(row);
        }

        console.Write(table);
        console.WriteLine();
    }

    private static void PrintCrashes(IAnsiConsole console, IReadOnlyList<SimulationReport> reports)
    {
        var table = New(console, "Crashes of honest members")
            .AddColumn("What must be durable first").AddColumn(Right("before the write")).AddColumn(Right("written, not sent")).AddColumn(Right("sent"));
        foreach (var point in Enum.GetValues<DurablePoint>())
        {
            IRenderable[] counts = [.. Enum.GetValues<CrashSide>().Select(side => new Text(Crashes(reports, point, side)))];
            table.AddRow([new Text(Label(point)), .. counts]);
        }

        console.Write(table);
        console.WriteLine();
    }

    /// <summary>The entry into a round is never said by itself.</summary>
    private static string Crashes(IReadOnlyList<SimulationReport> reports, DurablePoint point, CrashSide side) =>
        (point, side) == (DurablePoint.RoundEntry, CrashSide.AfterSend) ? "" : Quantities.Count(reports.Sum(r => r.Coverage[point, side]));

    public static string Label(ViolationKind kind) => kind switch
    {
        ViolationKind.Fork => "forks",
        ViolationKind.Equivocation => "honest equivocations",
        ViolationKind.BrokenLock => "broken locks",
        ViolationKind.NotDurable => "sent ahead of the journal",
        ViolationKind.FalseAmnesia => "whole journals taken for old",
        ViolationKind.Diverged => "decided and invalid",
        ViolationKind.Stuck => "stuck after stabilization",
        ViolationKind.Exception => "exceptions",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static string Label(Reached what) => what switch
    {
        Reached.Heights => "heights decided",
        Reached.DecidedUnderFaults => "schedules decided under faults",
        Reached.Messages => "messages",
        Reached.LateRounds => "heights in rounds > 0",
        Reached.Relocks => "relocks",
        Reached.Skips => "round skips",
        Reached.Equivocations => "Byzantine equivocations",
        Reached.Evidence => "proved ones",
        Reached.Syncs => "starts that ask first",
        Reached.Rollbacks => "journals rolled back",
        Reached.Amnesia => "heights kept silent after it",
        Reached.Twins => "schedules with twins",
        Reached.OtherCrashes => "crashes elsewhere",
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    private static string Label(DurablePoint point) => point switch
    {
        DurablePoint.RoundEntry => "entry into a round",
        DurablePoint.Proposal => "proposal and block",
        DurablePoint.Prevote => "prevote",
        DurablePoint.Precommit => "precommit, polka, lock",
        DurablePoint.Decision => "decision and certificate",
        _ => throw new ArgumentOutOfRangeException(nameof(point)),
    };

    private static Table New(IAnsiConsole console, string title) => new Table()
        .Border(console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii)
        .Title(new TableTitle(title));

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();
}
