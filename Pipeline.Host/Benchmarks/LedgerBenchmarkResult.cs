using System.Text.Json;

namespace Pipeline.Host.Benchmarks;

/// <summary>The machine-readable result of <c>pipeline bench ledger</c>: docs/reference/command-line.md describes it.</summary>
/// <param name="Version">Of the program, with its commit.</param>
/// <param name="Passed">No bar was missed.</param>
/// <param name="Cores">Of the machine.</param>
/// <param name="FileSystem">Under the journals.</param>
public sealed record LedgerBenchmarkResult(
    string Version, bool Passed, int Cores, string OperatingSystem, string FileSystem, double Seconds, LedgerWorkload Workload,
    IReadOnlyList<Figure> Figures)
{
    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, BenchmarkJson.Options) + "\n");
}
