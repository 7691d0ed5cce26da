using System.Runtime.InteropServices;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;
using Spectre.Console;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench dicom</c>.</summary>
internal static class DicomBenchmarkRunner
{
    /// <returns>0 when everything was measured, also where a bar was missed: a loaded machine misses bars.</returns>
    public static Task<int> RunAsync(DicomBenchmarkRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var folder = Directory.CreateTempSubdirectory("pipeline-bench-");
            try
            {
                IReadOnlyList<Figure> figures = DicomParse.Measure(folder.FullName, request.Workload, stop);
                LedgerBenchmarkTable.Print(terminal.Out, figures);
                if (!Dcmdump.IsInstalled)
                    terminal.Out.WriteLine("dcmdump is not installed (package dcmtk): there is nothing to compare with.");
                if (request.JsonFile is { } file)
                {
                    new DicomBenchmarkResult(
                        ProgramVersion.Full, !figures.Any(f => f.IsMissed), Environment.ProcessorCount, RuntimeInformation.OSDescription, request.Workload, figures)
                        .Write(file);
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
            return ExitCode.Ok;
        },
        stop);
}
