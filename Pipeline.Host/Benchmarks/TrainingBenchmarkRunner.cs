using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Benchmarks;

/// <summary>Runs <c>pipeline bench train</c>.</summary>
public static class TrainingBenchmarkRunner
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <returns>0 when everything was measured, also where a bar was missed or no PyTorch was found.</returns>
    public static Task<int> RunAsync(TrainingBenchmarkRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var watch = Stopwatch.StartNew();
            var runtime = new TorchRuntime(request.Workload.Threads);
            if (runtime.Load() is { } error)
                throw new CommandFailedException(error);
            runtime.EnterTrainingThread();
            var figures = TrainingBenchmark.Measure(request.Workload, stop);
            LedgerBenchmarkTable.Print(terminal.Out, figures);
            if (figures.Any(f => f.Name == "trainingSteps" && f.Floor is null))
                terminal.Complain("no python3 with torch was found: there is nothing to compare with");
            if (request.JsonFile is { } file)
            {
                File.WriteAllText(file, JsonSerializer.Serialize(
                    new
                    {
                        Version = ProgramVersion.Full,
                        Passed = !figures.Any(f => f.IsMissed),
                        Cores = Environment.ProcessorCount,
                        OperatingSystem = RuntimeInformation.OSDescription,
                        Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1),
                        request.Workload,
                        Figures = figures,
                    },
                    Json) + "\n");
            }

            return ExitCode.Ok;
        },
        stop);
}
