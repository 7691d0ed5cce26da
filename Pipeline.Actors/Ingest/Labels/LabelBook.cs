namespace Pipeline.Actors.Ingest.Labels;

/// <summary>All labels known of a chain, by pseudonym. The nearest key wins: instance before accession number before patient.</summary>
internal sealed class LabelBook(int classes, ILabelSource? source)
{
    private readonly Dictionary<string, LabelEntry> _entries = [];

    /// <summary>What is wrong with the source as it was last asked.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>Entries with a label outside the classes, ignored.</summary>
    public long Refused { get; private set; }

    /// <summary>Asks the source. True when there is something new.</summary>
    public bool Refresh()
    {
        IReadOnlyList<LabelEntry> fresh = source?.Poll() ?? [];
        foreach (LabelEntry entry in fresh)
        {
            if (entry.Label >= 0 && entry.Label < classes)
                _entries[entry.Key] = entry;
            else
                Refused++;
        }
        Problems = source?.Problems ?? [];
        return fresh.Count > 0;
    }

    public LabelEntry? Find(string id, string accession, string patient) =>
        _entries.GetValueOrDefault(id) ?? _entries.GetValueOrDefault(accession) ?? _entries.GetValueOrDefault(patient);
}
