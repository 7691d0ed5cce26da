using System.Text.Json;

namespace Pipeline.Host.Benchmarks;

/// <summary>The machine-readable result of <c>pipeline bench ingest</c>: docs/reference/command-line.md describes it.</summary>
/// <param name="Version">Of the program, with its commit.</param>
/// <param name="Passed">No bar was missed.</param>
/// <param name="FileSystem">Under the spools.</param>
/// <param name="Missing">Peers that are not installed: nothing was measured against them.</param>
/// <param name="Runs">Every single run in its order.</param>
public sealed record IngestBenchmarkResult(
    string Version, bool Passed, int Cores, string OperatingSystem, string FileSystem, double Seconds, IngestWorkload Workload,
    IReadOnlyList<string> Missing, IReadOnlyList<Figure> Figures, IReadOnlyList<IngestRun> Runs)
{
    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, BenchmarkJson.Options) + "\n");
}
