using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Benchmarks;

/// <summary>The machine-readable result of <c>pipeline bench gateway</c>: docs/reference/command-line.md describes it.</summary>
/// <param name="Version">Of the program, with its commit.</param>
/// <param name="Passed">No bar was missed.</param>
/// <param name="Cores">Of the machine.</param>
public sealed record GatewayBenchmarkResult(
    string Version, bool Passed, int Cores, string OperatingSystem, double Seconds, GatewayWorkload Workload, IReadOnlyList<Figure> Figures)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");
}
