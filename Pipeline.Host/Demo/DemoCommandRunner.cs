using System.Globalization;
using System.Runtime.InteropServices;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;
using Spectre.Console;

namespace Pipeline.Host.Demo;

/// <summary>Runs the demo in a terminal or a log, and writes its report.</summary>
public sealed class DemoCommandRunner(IAnsiConsole console, TimeProvider clock)
{
    private const long NeededBytes = 2L << 30;

    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    /// <returns>0 when the run ended and the ledger held; 1 when digests, journals or the accounting of images did not.</returns>
    /// <exception cref="InvalidOperationException">A node could not start; the message says why.</exception>
    public async Task<int> RunAsync(DemoOptions options, CancellationToken cancel)
    {
        Prepare(options.OutputDirectory);
        // Better said now than when the run is over.
        if (Path.GetDirectoryName(options.JsonFile) is { } place && !Directory.Exists(place))
            throw new CommandFailedException($"--json: there is no folder '{place}'");
        var board = new DemoBoard(clock);
        await using var run = new DemoRun(options, board, clock);
        var running = Task.Run(() => run.RunAsync(cancel), CancellationToken.None);
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi)
            await ShowLiveAsync(run, running).ConfigureAwait(false);
        else
            await ShowPlainAsync(run, running).ConfigureAwait(false);
        var result = await running.ConfigureAwait(false);

        string report = Path.Combine(options.OutputDirectory, "report.html");
        DemoReport.Write(result, Context(options), report);
        if (options.JsonFile is { } json)
            DemoResult.Write(result, json);
        DemoTables.Print(console, result);
        console.WriteLine();
        console.WriteLine($"Report: {Path.GetFullPath(report)}");
        return Holds(result) ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>What must hold in every run, whatever the images: the ledger and the accounting of images.</summary>
    private static bool Holds(DemoResult result) =>
        result.Chains.All(c => c.DigestsEqual && c.Verify) && result.Faults.TamperDetected && result.Faults.Acknowledged == result.Faults.AccountedFor;

    private async Task ShowLiveAsync(DemoRun run, Task running) => await console
        .Live(DemoLiveTable.Render(run.Board.Snapshot(), console.Profile.Width))
        .AutoClear(true)
        .StartAsync(async live =>
        {
            while (!running.IsCompleted)
            {
                run.Refresh();
                live.UpdateTarget(DemoLiveTable.Render(run.Board.Snapshot(), console.Profile.Width));
                await Task.WhenAny(running, Task.Delay(LiveInterval, clock)).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);

    private async Task ShowPlainAsync(DemoRun run, Task running)
    {
        int told = 0;
        string? last = null;
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(PlainInterval, clock)).ConfigureAwait(false);
            run.Refresh();
            var snapshot = run.Board.Snapshot();
            foreach (string line in snapshot.Events.Skip(told))
                console.WriteLine(line);
            told = snapshot.Events.Count;
            // Heights go on while nothing else does.
            var state = string.Join('\n', snapshot.Rows.Select(row => row with { Height = 0, WireBytes = 0 }));
            if (state == last)
                continue;
            last = state;
            foreach (string line in DemoLiveTable.ToPlainLines(snapshot))
                console.WriteLine(line);
        }
    }

    /// <summary>A folder of an earlier run is emptied; one that holds anything else is left alone.</summary>
    /// <exception cref="CommandFailedException">The folder is somebody else's, or its disk is too full.</exception>
    private static void Prepare(string folder)
    {
        string marker = Path.Combine(folder, ".pipeline-demo");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!File.Exists(marker))
                throw new CommandFailedException($"{Path.GetFullPath(folder)} holds files that are not of a demo; choose another folder by --out");
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < NeededBytes)
        {
            throw new CommandFailedException(
                $"the disk of {Path.GetFullPath(folder)} has {free >> 20} MiB free, and the demo needs {NeededBytes >> 20} MiB; free some, or choose another folder by --out");
        }

        File.WriteAllText(marker, "");
    }

    private DemoReportContext Context(DemoOptions options) => new(
        ProgramVersion.Short,
        string.Create(CultureInfo.InvariantCulture, $"pipeline demo --seed {options.Seed}{(options.Quick ? " --quick" : "")}"),
        clock.GetUtcNow(),
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}, .NET {Environment.Version}",
        options.Quick);
}
