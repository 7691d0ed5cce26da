using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pipeline.Ledger.Crypto;

/// <summary>A digest in JSON: 64 hexadecimal characters.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    /// <exception cref="JsonException">Not 64 hexadecimal characters.</exception>
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return Digest.Parse(reader.GetString() ?? "");
        }
        catch (FormatException e)
        {
            throw new JsonException("not a digest of 64 hexadecimal characters", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
