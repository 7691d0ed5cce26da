using System.Diagnostics;
using System.Runtime.InteropServices;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench ledger</c>.</summary>
public static class LedgerBenchmarkRunner
{
    private static readonly int[] HeaderMembers = [4, 7];

    /// <returns>0 when everything was measured, also where a bar was missed: a loaded machine misses bars.</returns>
    public static async Task<int> RunAsync(LedgerBenchmarkRequest request, Terminal terminal, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var folder = Directory.CreateTempSubdirectory("pipeline-bench-");
        try
        {
            string fileSystem = new DriveInfo(folder.FullName).DriveFormat;
            var figures = await MeasureAsync(request.Workload, folder.FullName, stop).ConfigureAwait(false);
            LedgerBenchmarkTable.Print(terminal.Out, figures);
            if (request.JsonFile is { } file)
            {
                new LedgerBenchmarkResult(
                    ProgramVersion.Full, !figures.Any(f => f.IsMissed), Environment.ProcessorCount, RuntimeInformation.OSDescription, fileSystem,
                    Math.Round(watch.Elapsed.TotalSeconds, 1), request.Workload, figures).Write(file);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return ExitCode.Ok;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(LedgerWorkload workload, string folder, CancellationToken stop)
    {
        var figures = new List<Figure>();
        figures.AddRange(await CommitLatency.MeasureAsync(Path.Combine(folder, "latency"), workload, stop).ConfigureAwait(false));
        figures.Add(await Throughput.MeasureAsync(Path.Combine(folder, "throughput"), workload, stop).ConfigureAwait(false));
        foreach (int members in HeaderMembers)
        {
            stop.ThrowIfCancellationRequested();
            figures.Add(HeaderVerification.Measure(members, workload));
        }

        stop.ThrowIfCancellationRequested();
        figures.Add(Aggregation.Measure(workload));
        figures.Add(await Restart.MeasureAsync(Path.Combine(folder, "restart"), workload, stop).ConfigureAwait(false));
        return figures;
    }
}
