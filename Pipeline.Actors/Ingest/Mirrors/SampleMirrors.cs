using Akka;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest.Mirrors;

/// <summary>
/// One chain's samples of a whole site as a training node sees them: its own, and copies of those of every other node that takes images
/// (<c>DATA/mirrors/CHAIN/NODE/</c>). An image that was sent to two nodes is one sample. Any thread.
/// </summary>
public sealed class SampleMirrors : ISampleStore
{
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, SampleMirror> _mirrors = new(StringComparer.Ordinal);
    private readonly string _root;
    private readonly Func<string, SampleMirror> _open;
    private readonly ISampleStore _own;
    private long _gone;

    private SampleMirrors(string root, ISampleStore own, Func<string, SampleMirror> open)
    {
        (_root, _own, _open) = (root, own, open);
        Directory.CreateDirectory(root);
        foreach (string folder in Directory.GetDirectories(root))
            Of(Path.GetFileName(folder));
    }

    /// <param name="own">The samples of images that came to this node; not disposed with this.</param>
    /// <param name="classes">Number of labels.</param>
    /// <param name="cacheBytes">Pixels kept in memory of each copy.</param>
    /// <exception cref="IOException">A folder cannot be used.</exception>
    public static SampleMirrors Open(string dataDirectory, string chain, ISampleStore own, int classes, long cacheBytes, StorageKeys keys, IDurableFileSystem files)
    {
        string root = Path.Combine(dataDirectory, "mirrors", chain);
        return new SampleMirrors(root, own, node => new SampleMirror(
            Path.Combine(root, node), classes, cacheBytes, files, keys.For(SampleCatalog.Purpose(chain))));
    }

    /// <summary>Those of all copies together; an image that was sent to two nodes counts twice here.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Counts
    {
        get
        {
            var all = Stores().Select(store => store.Counts).ToArray();
            return [.. Enumerable.Range(0, all[0].Count).Select(
                split => (IReadOnlyList<int>)[.. Enumerable.Range(0, all[0][split].Count).Select(label => all.Sum(counts => counts[split][label]))])];
        }
    }

    public long Version
    {
        get
        {
            lock (_gate)
                return _gone + Stores().Sum(store => store.Version);
        }
    }

    /// <summary>Nobody appends here: images come in by the nodes that take them.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public void Append(IReadOnlyList<Sample> samples) => throw new InvalidOperationException("a mirror of samples is written by feeds alone");

    public bool Contains(string id) => Stores().Any(store => store.Contains(id));

    public IReadOnlyList<Sample> Snapshot(DataSplit split) => [.. Stores().SelectMany(store => store.Snapshot(split)).DistinctBy(sample => sample.Id)];

    /// <summary>How far the copy of a node's samples goes.</summary>
    public (Guid Writing, long Position) PositionOf(string node)
    {
        var mirror = Of(node);
        return (mirror.Writing, mirror.Position);
    }

    /// <summary>Copies a node's feed; ends with the feed, failed where the disk or the bytes did. One at a time for a node.</summary>
    public Sink<byte[], Task<Done>> SinkOf(string node)
    {
        var mirror = Of(node);
        var framing = new FeedFraming();
        return Flow.Create<byte[]>()
            .GroupedWithin(64, Company)
            .SelectAsync(1, pieces => Task.Run(() => Take(mirror, framing, pieces)))
            .ToMaterialized(Sink.Ignore<Done>(), Keep.Right);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var mirror in _mirrors.Values)
                mirror.Dispose();
        }
    }

    private Done Take(SampleMirror mirror, FeedFraming framing, IEnumerable<byte[]> pieces)
    {
        var records = new List<FeedRecord>();
        foreach (byte[] piece in pieces)
        {
            bool began = framing.Beginning is not null;
            records.AddRange(framing.Take(piece));
            if (!began && framing.Beginning is { } beginning)
                Begin(mirror, beginning.Writing, beginning.Position);
        }

        mirror.Take(records);
        return Done.Instance;
    }

    private void Begin(SampleMirror mirror, Guid writing, long position)
    {
        lock (_gate)
        {
            long before = mirror.Store.Version;
            if (mirror.Begin(writing, position))
                _gone += before + 1;
        }
    }

    private SampleMirror Of(string node)
    {
        lock (_gate)
        {
            if (!_mirrors.TryGetValue(node, out var mirror))
                _mirrors[node] = mirror = _open(node);
            return mirror;
        }
    }

    private ISampleStore[] Stores()
    {
        lock (_gate)
            return [_own, .. _mirrors.Values.Select(mirror => mirror.Store)];
    }
}
