using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Host.Configuration;

/// <summary>Encryption at rest of spool, quarantine and samples.</summary>
/// <param name="AtRest">Whether what is written from now on is encrypted.</param>
/// <param name="Keys">The newest first; empty where they are in <paramref name="KeyFile"/>.</param>
/// <param name="KeyFile">Absolute; null = in the data directory.</param>
public sealed record EncryptionSettings(bool AtRest, IReadOnlyList<byte[]> Keys, string? KeyFile)
{
    internal static EncryptionSettings Create(SettingsReader reader)
    {
        bool on = reader.Choice("pipeline.encryption.at-rest", ["on", "off"]) == "on";
        // The value is a secret and is never shown.
        var keys = StorageKeys.Parse(reader.Text("pipeline.encryption.keys", "empty, or keys of 64 hexadecimal digits separated by commas", _ => true));
        if (keys is null)
            reader.Report("pipeline.encryption.keys", null, "is no list of keys: 64 hexadecimal digits each, separated by commas");
        string file = reader.Text("pipeline.encryption.key-file", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
        return new EncryptionSettings(on, keys ?? [], file.Length == 0 ? null : Path.GetFullPath(file));
    }
}
