using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Experiments;

/// <summary>Samples in memory as a sample store: what an experiment's chain learns from. Appending is refused.</summary>
internal sealed class SampleSnapshot : ISampleStore
{
    private readonly IReadOnlyList<Sample> _samples;
    private readonly HashSet<string> _ids;

    public SampleSnapshot(IReadOnlyList<Sample> samples, int classes)
    {
        _samples = samples;
        _ids = [.. samples.Select(s => s.Id)];
        Counts = [.. Enum.GetValues<DataSplit>().Select(split => (IReadOnlyList<int>)
            [.. Enumerable.Range(0, classes).Select(c => samples.Count(s => s.Split == split && s.Label == c))])];
    }

    public IReadOnlyList<IReadOnlyList<int>> Counts { get; }

    public long Version => 0;

    public void Append(IReadOnlyList<Sample> samples) => throw new InvalidOperationException("an experiment's samples do not change");

    public bool Contains(string id) => _ids.Contains(id);

    public IReadOnlyList<Sample> Snapshot(DataSplit split) => [.. _samples.Where(s => s.Split == split)];

    public void Dispose()
    {
    }
}
