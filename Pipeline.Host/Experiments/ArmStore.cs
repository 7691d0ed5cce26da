using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>Finished arms in a folder, each under a digest of everything it depends on: what is asked for again is not run again.</summary>
public sealed class ArmStore(string folder)
{
    /// <summary>The run kept under this key, or null.</summary>
    public ArmRun? Find(string name, Digest key)
    {
        string file = PathOf(name, key, "json");
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), ArmRunJson.Default.ArmRun) : null;
        }
        catch (JsonException)
        {
            // Written by another version: run again.
            return null;
        }
    }

    /// <summary>The final model kept beside the run (canonical bytes), or null.</summary>
    public byte[]? FindModel(string name, Digest key) => PathOf(name, key, "model") is var file && File.Exists(file) ? File.ReadAllBytes(file) : null;

    public void Keep(string name, Digest key, ArmRun run, byte[]? model)
    {
        Directory.CreateDirectory(folder);
        if (model is not null)
            Write(PathOf(name, key, "model"), model);
        Write(PathOf(name, key, "json"), JsonSerializer.SerializeToUtf8Bytes(run, ArmRunJson.Default.ArmRun));
    }

    private static void Write(string file, byte[] bytes)
    {
        File.WriteAllBytes(file + ".part", bytes);
        File.Move(file + ".part", file, overwrite: true);
    }

    private string PathOf(string name, Digest key, string kind) => Path.Combine(folder, $"{name}-{key.Short}.{kind}");
}

/// <summary>Generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ArmRun))]
internal sealed partial class ArmRunJson : JsonSerializerContext;
