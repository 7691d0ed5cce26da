namespace Pipeline.Actors.Ingest.Labels;

/// <summary>All labels known of a chain, by pseudonym. The nearest key wins: instance before accession number before patient.</summary>
internal sealed class LabelBook(int classes, ILabelSource? source)
{
    private readonly Dictionary<UInt128, LabelEntry> _entries = [];

    /// <summary>What is wrong with the source as it was last asked.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>Entries with a label outside the classes, ignored.</summary>
    public long Refused { get; private set; }

    /// <summary>Whether a sample without an entry here has lost its label.</summary>
    public bool IsComplete => source is { IsComplete: true };

    /// <summary>Asks the source. True when something changed.</summary>
    public bool Refresh()
    {
        bool complete = IsComplete;
        IReadOnlyList<LabelEntry> fresh = source?.Poll() ?? [];
        foreach (LabelEntry entry in fresh)
        {
            UInt128 key = PseudonymHash.Of(entry.Key);
            if (entry.Label == LabelEntry.Withdrawn)
                _entries.Remove(key);
            else if (entry.Label >= 0 && entry.Label < classes)
                _entries[key] = entry;
            else
                Refused++;
        }
        Problems = source?.Problems ?? [];
        return fresh.Count > 0 || IsComplete != complete;
    }

    /// <summary>The label of a sample by the hashes of its pseudonyms (<see cref="PseudonymHash"/>).</summary>
    public LabelEntry? Find(UInt128 id, UInt128 accession, UInt128 patient) =>
        _entries.GetValueOrDefault(id) ?? _entries.GetValueOrDefault(accession) ?? _entries.GetValueOrDefault(patient);

    /// <summary>Forgets what is known under a pseudonym.</summary>
    public void Forget(UInt128 key) => _entries.Remove(key);
}
