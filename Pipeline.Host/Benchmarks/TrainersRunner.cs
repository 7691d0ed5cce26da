using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Host.Commands;
using Pipeline.Host.Drills;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench trainers</c>: this process, and a second one of the same program that helps it.</summary>
public static class TrainersRunner
{
    /// <returns>0 when everything was measured.</returns>
    /// <exception cref="CommandFailedException">The second process does not help, or libtorch cannot be loaded.</exception>
    public static async Task<int> RunAsync(TrainersRequest request, Terminal terminal, CancellationToken stop)
    {
        if (request.HelpsAt is { } seed)
            return await HelpAsync(request.Workload, seed, stop).ConfigureAwait(false);
        int port = RelayNetwork.FreePort();
        await using var node = new TrainersNode(request.Workload, "a", port, port);
        using var helper = Start(request.Workload, port);
        try
        {
            var figures = new List<Figure>();
            foreach (string architecture in request.Workload.Architectures)
            {
                var helpers = await node.FindAsync(architecture, stop).ConfigureAwait(false);
                figures.Add(await Task.Run(() => Measure(request.Workload, node, architecture, helpers, stop), stop).ConfigureAwait(false));
            }

            LedgerBenchmarkTable.Print(terminal.Out, figures);
            if (request.JsonFile is { } file)
            {
                await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
                    new
                    {
                        Version = ProgramVersion.Full,
                        Passed = true,
                        Cores = Environment.ProcessorCount,
                        OperatingSystem = RuntimeInformation.OSDescription,
                        request.Workload,
                        Figures = figures,
                    },
                    BenchmarkJson.Options) + "\n", stop).ConfigureAwait(false);
            }

            return ExitCode.Ok;
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new CommandFailedException(e.Message, e);
        }
        finally
        {
            if (!helper.HasExited)
                helper.Kill(entireProcessTree: true);
        }
    }

    private static Figure Measure(TrainersWorkload workload, TrainersNode node, string architecture, IGradientHelpers helpers, CancellationToken stop)
    {
        var runtime = new TorchRuntime(workload.Threads);
        if (runtime.Load() is { } error)
            throw new CommandFailedException(error);
        runtime.EnterTrainingThread();
        return TrainersBenchmark.Measure(workload, node, architecture, helpers, stop);
    }

    /// <summary>Until whoever started this process ends it, or ends.</summary>
    private static async Task<int> HelpAsync(TrainersWorkload workload, int seed, CancellationToken stop)
    {
        await using var node = new TrainersNode(workload, "b", RelayNetwork.FreePort(), seed);
        node.Help();
        await Console.In.ReadToEndAsync(stop).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static Process Start(TrainersWorkload workload, int port)
    {
        string[] arguments =
        [
            "bench", "trainers", "--helps-at", port.ToString(CultureInfo.InvariantCulture), "--workload", JsonSerializer.Serialize(workload),
        ];
        string program = Environment.ProcessPath!;
        var start = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new ProcessStartInfo(program, [Path.Combine(AppContext.BaseDirectory, "pipeline.dll"), .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.RedirectStandardInput = true;
        return Process.Start(start)!;
    }
}
