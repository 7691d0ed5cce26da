using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Host.Reporting;

/// <summary>A measurement that may be undefined: NaN here, <c>null</c> in JSON, which has no NaN. An infinity is a mistake of ours and throws.</summary>
internal sealed class UndefinedAsNullConverter : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsNaN(value))
            writer.WriteNullValue();
        else
            writer.WriteNumberValue(value);
    }
}
