namespace Pipeline.Actors.Ingest.Labels;

/// <summary>Labels handed over by code, for instance by a simulator or a reporting system's adapter. Keys are hashed as they come in.</summary>
public sealed class InMemoryLabelSource(SiteKey key) : ILabelSource
{
    private readonly Lock _gate = new();
    private List<LabelEntry> _new = [];

    /// <param name="kind">What <paramref name="value"/> names: an instance, an accession number or a patient.</param>
    public void Add(PseudonymKind kind, string value, int label, DataSplit? split = null)
    {
        var entry = new LabelEntry(key.Pseudonym(kind, value), label, split);
        lock (_gate)
            _new.Add(entry);
    }

    public IReadOnlyList<LabelEntry> Poll()
    {
        lock (_gate)
        {
            if (_new.Count == 0)
                return [];
            List<LabelEntry> entries = _new;
            _new = [];
            return entries;
        }
    }
}
