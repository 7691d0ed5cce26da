using System.Globalization;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// One event of a replica's journal: records that became durable together. <paramref name="Seal"/> is SHA-256(seal of the entry before ‖
/// canonical records), so that a change to any byte of any entry shows at that entry.
/// </summary>
public sealed record JournalEntry(IReadOnlyList<JournalRecord> Records, Digest Seal) : ICanonical<JournalEntry>
{
    public const int MaxRecords = 16;

    /// <summary>The newest version that this build reads and writes.</summary>
    public const int NewestVersion = 3;

    private const string ManifestPrefix = "chain-journal-entry/";

    /// <summary>The oldest version that can hold these records: a build from before a new kind of record reads on until it meets one.</summary>
    public int Version => Records.Count == 0 ? 1 : Records.Max(record => record.Since);

    /// <summary>What the journal stores beside the bytes.</summary>
    public string Manifest => $"{ManifestPrefix}{Version}";

    /// <summary>Null when this build reads entries stored under the manifest; otherwise what is wrong and what to do.</summary>
    public static string? CheckManifest(string manifest) =>
        !manifest.StartsWith(ManifestPrefix, StringComparison.Ordinal) ||
        !int.TryParse(manifest.AsSpan(ManifestPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version == 0
            ? $"stored as '{manifest}', which is no journal entry of a chain"
            : version <= NewestVersion
                ? null
                : $"stored as '{manifest}' by a newer version of the pipeline, and this build reads up to version {NewestVersion}: run the newer " +
                    "version again, or restore a backup from before the upgrade";

    /// <param name="previous">The seal of the entry before; zero for the first.</param>
    /// <exception cref="ArgumentException">More records than an entry can be read back with.</exception>
    public static JournalEntry Create(Digest previous, IReadOnlyList<JournalRecord> records) => records.Count <= MaxRecords
        ? new JournalEntry(records, SealOf(previous, records))
        : throw new ArgumentException($"{records.Count} records in one entry, which holds {MaxRecords}", nameof(records));

    public bool Follows(Digest previous) => Seal == SealOf(previous, Records);

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).List(Records).Digest(Seal).EndArray();

    public static JournalEntry ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var entry = new JournalEntry(reader.List<JournalRecord>(MaxRecords), reader.Digest());
        reader.EndArray();
        return entry;
    }

    private static Digest SealOf(Digest previous, IReadOnlyList<JournalRecord> records) =>
        Digest.Of(Canonical.Encode(w => w.Array(2).Digest(previous).List(records).EndArray()));
}
