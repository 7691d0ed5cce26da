using Pipeline.Actors.Ingest;
using Pipeline.Actors.Updates;

namespace Pipeline.Host.Benchmarks;

/// <summary>Images of noise of two classes, the same in every process.</summary>
internal sealed class NoiseSamples(int count, int side) : ISampleStore
{
    private readonly List<Sample> _samples = Draw(count, side);

    public IReadOnlyList<IReadOnlyList<int>> Counts => [.. Enum.GetValues<DataSplit>().Select(
        split => (IReadOnlyList<int>)[.. Enumerable.Range(0, 2).Select(label => _samples.Count(s => s.Split == split && s.Label == label))])];

    public long Version => 1;

    public static List<Sample> Draw(int count, int side)
    {
        var random = new SeededRandom(1);
        var samples = new List<Sample>();
        for (int i = 0; i < count; i++)
        {
            var pixels = new ushort[side * side];
            foreach (ref ushort pixel in pixels.AsSpan())
                pixel = (ushort)random.Next(65536);
            samples.Add(new Sample($"{i}", $"p{i}", i % 2, DataSplit.Train, side, side, pixels));
        }

        return samples;
    }

    /// <exception cref="InvalidOperationException">Always.</exception>
    public void Append(IReadOnlyList<Sample> samples) => throw new InvalidOperationException("the images of a benchmark are drawn once");

    public bool Contains(string id) => _samples.Any(sample => sample.Id == id);

    public IReadOnlyList<Sample> Snapshot(DataSplit split) => [.. _samples.Where(sample => sample.Split == split)];

    public void Dispose()
    {
    }
}
