using System.Diagnostics;
using System.Runtime.InteropServices;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;
using Spectre.Console;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench ingest</c>: the same study to each receiver in turns, and the disk alone between them.</summary>
public static class IngestBenchmarkRunner
{
    private const double MostMegabytes = 300;

    /// <summary>
    /// Studies as large as the measured one on all associations, sent before a run counts: code that is compiled while it runs has settled by then, and a
    /// site's spool has files to write again.
    /// </summary>
    private const int WarmUps = 4;

    private static readonly string[] Receivers = ["pipeline", "storescp", "Orthanc"];
    private static readonly int[] Associations = [1, 4];

    /// <returns>0 when everything was measured, also where a bar was missed: a loaded machine misses bars.</returns>
    public static async Task<int> RunAsync(IngestBenchmarkRequest request, Terminal terminal, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var folder = Directory.CreateTempSubdirectory("pipeline-bench-");
        try
        {
            string fileSystem = new DriveInfo(folder.FullName).DriveFormat;
            var measured = new Measurements(request.Workload, folder.FullName);
            for (int i = 0; i < request.Workload.Repetitions; i++)
                await measured.RepeatAsync(stop).ConfigureAwait(false);
            Figure[] figures = [.. measured.Figures()];
            LedgerBenchmarkTable.Print(terminal.Out, figures);
            foreach (string missing in measured.Missing)
                terminal.Out.WriteLine($"{missing} is not installed: nothing was measured against it");
            if (request.JsonFile is { } file)
            {
                new IngestBenchmarkResult(
                    ProgramVersion.Full, !figures.Any(f => f.IsMissed), Environment.ProcessorCount, RuntimeInformation.OSDescription, fileSystem,
                    Math.Round(watch.Elapsed.TotalSeconds, 1), request.Workload, [.. measured.Missing], figures, measured.Runs).Write(file);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return ExitCode.Ok;
    }

    private sealed class Measurements
    {
        private readonly IngestWorkload _workload;
        private readonly string _folder;
        private readonly CtStudy _study;
        private double? _megabytes;

        public Measurements(IngestWorkload workload, string folder)
        {
            (_workload, _folder) = (workload, folder);
            _study = CtStudy.Write(Path.Combine(folder, "study"), (1 + WarmUps) * Associations.Max(), workload.Instances);
        }

        public List<IngestRun> Runs { get; } = [];

        public SortedSet<string> Missing { get; } = [];

        public async Task RepeatAsync(CancellationToken stop)
        {
            foreach (int associations in Associations)
            {
                stop.ThrowIfCancellationRequested();
                string[] folders = [.. _study.Folders.Take(associations)];
                Runs.Add(new IngestRun("disk", "disk", associations, 1, NoDelay: true,
                    DurableCeiling.Measure(Path.Combine(_folder, "raw"), associations, _workload.Instances, _study.DataSetBytes)));
                foreach (int operations in (int[])[1, IngestSender.Operations])
                {
                    await AgainstAsync("pipeline", noDelay: true, async receiver => Runs.Add(new IngestRun(
                        "pipeline", "pipeline", associations, operations, NoDelay: true,
                        await IngestSender.OwnAsync(receiver.Port, folders, _workload.Instances, operations).ConfigureAwait(false)))).ConfigureAwait(false);
                }
                foreach (bool noDelay in (bool[])[true, false])
                {
                    foreach (string name in Receivers)
                    {
                        stop.ThrowIfCancellationRequested();
                        // This program mends the sender's Nagle; the others need their time for each instance.
                        int instances = noDelay || name == "pipeline" ? _workload.Instances : _workload.NagleInstances;
                        await AgainstAsync(name, noDelay, async receiver =>
                        {
                            if (await IngestSender.StorescuAsync(receiver.Port, folders, instances, noDelay).ConfigureAwait(false) is { } rate)
                                Runs.Add(new IngestRun(name, "storescu", associations, 1, noDelay, rate));
                            else
                                Missing.Add("storescu");
                        }).ConfigureAwait(false);
                    }
                }
            }
        }

        public IEnumerable<Figure> Figures()
        {
            foreach (int n in Associations)
            {
                yield return Compare($"durable{n}", Rate("pipeline", "pipeline", n, true, IngestSender.Operations)!.Value, Rate("disk", "disk", n, true), 0.85);
                yield return Compare($"durableOneByOne{n}", Rate("pipeline", "pipeline", n, true)!.Value, Rate("disk", "disk", n, true), null);
            }
            foreach (int n in Associations)
            {
                if (Rate("pipeline", "storescu", n, true) is { } noDelay)
                    yield return Compare($"storescuNoDelay{n}", noDelay, Rate("storescp", "storescu", n, true), n == 4 ? 1.0 : null, Others(n, true));
                if (Rate("pipeline", "storescu", n, false) is { } usual)
                    yield return Compare($"storescuDefault{n}", usual, Rate("storescp", "storescu", n, false), n == 1 ? 10 : null, Others(n, false));
            }
            if (_megabytes is { } megabytes)
                yield return new Figure("residentMemory", "MB", megabytes, null, new Bar(BarKind.ValueAtMost, MostMegabytes), new Dictionary<string, double>());
        }

        private async Task AgainstAsync(string name, bool noDelay, Func<IngestReceiver, Task> run)
        {
            IngestReceiver? receiver = await IngestReceiver.StartAsync(name, Path.Combine(_folder, "store"), noDelay).ConfigureAwait(false);
            if (receiver is null)
            {
                Missing.Add(name);
                return;
            }
            await using (receiver.ConfigureAwait(false))
            {
                foreach (string[] folders in _study.Folders.Skip(Associations.Max()).Chunk(Associations.Max()))
                    await IngestSender.OwnAsync(receiver.Port, folders, _workload.Instances, IngestSender.Operations).ConfigureAwait(false);
                await run(receiver).ConfigureAwait(false);
                if (name == "pipeline" && receiver.PeakMegabytes is { } peak)
                    _megabytes = Math.Max(_megabytes ?? 0, peak);
            }
        }

        private static Figure Compare(string name, double value, double? floor, double? bar, Dictionary<string, double>? others = null) => new(
            name, "1/s", value, floor, bar is { } least && floor is not null ? new Bar(BarKind.RatioAtLeast, least) : null, others ?? []);

        private Dictionary<string, double> Others(int associations, bool noDelay) =>
            Rate("Orthanc", "storescu", associations, noDelay) is { } orthanc ? new() { ["orthanc"] = orthanc } : [];

        private double? Rate(string receiver, string sender, int associations, bool noDelay, int operations = 1)
        {
            double[] rates =
            [
                .. Runs.Where(run => run.Receiver == receiver && run.Sender == sender && run.Associations == associations && run.NoDelay == noDelay &&
                    run.Operations == operations).Select(run => run.Rate),
            ];
            return rates.Length == 0 ? null : Timing.Median(rates);
        }
    }
}
