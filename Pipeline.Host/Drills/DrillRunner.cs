using System.Globalization;
using Pipeline.Host.Commands;
using Spectre.Console;

namespace Pipeline.Host.Drills;

/// <summary>Runs <c>pipeline drill consortium</c>.</summary>
internal static class DrillRunner
{
    /// <returns>Failed on a fork, a divergence, where progress did not come within two block intervals of the quorum's return, or where the adversary was not proved.</returns>
    public static async Task<int> RunAsync(DrillRequest request, Terminal terminal, CancellationToken stop)
    {
        await using var drill = new ConsortiumDrill(request, what => terminal.Out.WriteLine(what), TimeProvider.System);
        var result = await drill.RunAsync(stop).ConfigureAwait(false);
        Print(result, terminal.Out);
        if (request.JsonFile is { } file)
            result.Write(file);
        return result.Passed ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Print(DrillResult result, IAnsiConsole console)
    {
        var table = new Table()
            .Border(console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii)
            .AddColumn("Fault").AddColumn(new TableColumn("s").RightAligned()).AddColumn(new TableColumn("Blocks during").RightAligned())
            .AddColumn(new TableColumn("Next block after").RightAligned()).AddColumn("").AddColumn("");
        foreach (var phase in result.Phases)
        {
            table.AddRow(
                new Text(phase.Fault), new Text(Number(phase.Seconds)), new Text(phase.BlocksDuring + (phase.QuorumLost ? " (no quorum)" : "")),
                new Text($"{Number(phase.RecoverySeconds)} s = {Number(phase.RecoveryIntervals)} intervals"), new Text(phase.Passed ? "met" : "missed"), new Text(phase.Note));
        }

        console.Write(table);
        foreach (string bad in result.BadJournals)
            console.WriteLine("BAD  " + bad);
        if (!result.IsProved)
        {
            console.WriteLine(result.Shown == 0
                ? "BAD  the adversary showed no member a contradiction: nothing was tried; let the fault last longer (--seconds)"
                : "BAD  no evidence of the adversary's contradiction came onto the chain");
        }

        console.WriteLine(
            $"heights {result.Heights.Values.Min()} to {result.Heights.Values.Max()} at {result.Heights.Count} members, {result.Forks} forks, {result.BadJournals.Count} bad journals, " +
            $"{result.Transactions} transactions, equivocations: {result.Shown} shown, {result.Evidence} proved; {Number(result.Seconds)} s");
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
