using Pipeline.Actors.Ingest;

namespace Pipeline.Tests.Actors.Training;

/// <summary>A sample store in memory.</summary>
internal sealed class MemorySamples(List<Sample> samples) : ISampleStore
{
    public long Version => samples.Count;

    public IReadOnlyList<IReadOnlyList<int>> Counts => [.. Enum.GetValues<DataSplit>().Select(
        split => (IReadOnlyList<int>)[.. Enumerable.Range(0, 2).Select(c => samples.Count(s => s.Split == split && s.Label == c))])];

    public void Append(IReadOnlyList<Sample> added) => samples.AddRange(added);

    public bool Contains(string id) => samples.Any(s => s.Id == id);

    public IReadOnlyList<Sample> Snapshot(DataSplit split) => [.. samples.Where(s => s.Split == split)];

    public void Dispose()
    {
    }
}
