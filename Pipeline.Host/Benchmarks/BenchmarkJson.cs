using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Benchmarks;

/// <summary>How every benchmark writes its result.</summary>
internal static class BenchmarkJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
