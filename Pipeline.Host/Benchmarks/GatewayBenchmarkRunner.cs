using System.Diagnostics;
using System.Runtime.InteropServices;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench gateway</c>.</summary>
public static class GatewayBenchmarkRunner
{
    /// <returns>0 when everything was measured, also where a bar was missed: a loaded machine misses bars.</returns>
    public static async Task<int> RunAsync(GatewayBenchmarkRequest request, Terminal terminal, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var folder = Directory.CreateTempSubdirectory("pipeline-bench-");
        try
        {
            var figures = new List<Figure>(await PayloadTransfer.MeasureAsync(folder.FullName, request.Workload, stop).ConfigureAwait(false));
            stop.ThrowIfCancellationRequested();
            figures.Add(LightClient(request.Workload));
            figures.Add(await ManyMembers.MeasureAsync(folder.FullName, request.Workload, stop).ConfigureAwait(false));
            LedgerBenchmarkTable.Print(terminal.Out, figures);
            if (request.JsonFile is { } file)
            {
                new GatewayBenchmarkResult(
                    ProgramVersion.Full, !figures.Any(f => f.IsMissed), Environment.ProcessorCount, RuntimeInformation.OSDescription,
                    Math.Round(watch.Elapsed.TotalSeconds, 1), request.Workload, figures).Write(file);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return ExitCode.Ok;
    }

    /// <summary>One certified header, from its bytes, on one thread; the floor is a quorum's signatures alone.</summary>
    private static Figure LightClient(GatewayWorkload workload)
    {
        var rate = HeaderVerification.Measure(workload.Members, LedgerWorkload.Quick with { Headers = workload.Headers });
        return new Figure("lightClient", "ms", 1000 / rate.Value, 1000 / rate.Floor, new Bar(BarKind.ValueAtMost, 2), rate.Details);
    }
}
