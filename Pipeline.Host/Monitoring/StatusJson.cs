using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Monitoring;

/// <summary>How a status is written: camel case, absent is null, enumerations as words.</summary>
internal static class StatusJson
{
    public static JsonSerializerOptions Options { get; } = Create(JsonUnmappedMemberHandling.Skip);

    /// <summary>How what is posted is read: a property that nobody knows, or that stands there twice, is a mistake, since leaving it out could mean something else.</summary>
    public static JsonSerializerOptions Requests { get; } = Create(JsonUnmappedMemberHandling.Disallow);

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unmapped)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.Strict,
            UnmappedMemberHandling = unmapped,
            AllowDuplicateProperties = unmapped == JsonUnmappedMemberHandling.Skip,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
