using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Monitoring;

/// <summary>How a status is written: camel case, absent is null, enumerations as words.</summary>
internal static class StatusJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.Strict,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
