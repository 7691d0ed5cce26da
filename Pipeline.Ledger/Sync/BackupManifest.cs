using System.Text.Json;

namespace Pipeline.Ledger.Sync;

/// <summary>The last entry of a backup: what is in it, so that a cut-off backup is known for one.</summary>
/// <param name="Created">UTC.</param>
public sealed record BackupManifest(string Format, DateTimeOffset Created, IReadOnlyList<BackupManifest.Chain> Chains)
{
    public const string CurrentFormat = "pipeline-ledger-backup/1";

    internal const string EntryName = "manifest.json";
    internal const int MaxBytes = 256 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>One chain of one member.</summary>
    /// <param name="ChainId">Hexadecimal, as every digest here.</param>
    /// <param name="Height">The last committed block of the copy.</param>
    /// <param name="Journal">SHA-256 of the journal's file in the backup.</param>
    /// <param name="Payloads">Digests of the payloads in the backup.</param>
    /// <param name="Pruned">Payloads that were deleted for good.</param>
    /// <param name="Damaged">Payloads that no longer matched their digest at the site; not in the backup, fetched from a member when needed.</param>
    public sealed record Chain(
        string Name, string ChainId, string Member, long Height, long Records, string Journal, IReadOnlyList<string> Payloads,
        IReadOnlyList<string> Pruned, IReadOnlyList<string> Damaged);

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="BackupException">Not a manifest, or one of a newer version.</exception>
    internal static BackupManifest Read(Stream stream, string file)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<BackupManifest>(stream, Json);
            return manifest is { Format: CurrentFormat, Chains.Count: > 0 }
                ? manifest
                : throw new BackupException(
                    $"'{file}' is of format '{manifest?.Format}'; this build restores '{CurrentFormat}': use the version that made it");
        }
        catch (JsonException e)
        {
            throw new BackupException($"the manifest of '{file}' is damaged: {e.Message}", e);
        }
    }
}
