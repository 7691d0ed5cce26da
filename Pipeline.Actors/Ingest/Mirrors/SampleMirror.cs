using System.Globalization;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest.Mirrors;

/// <summary>
/// A copy of one other node's samples of one chain, and how far it goes. The position is written behind the samples: a crash between the two has some
/// copied again, which changes nothing. One feed at a time.
/// </summary>
internal sealed class SampleMirror : IDisposable
{
    private readonly string _folder;
    private readonly IDurableFileSystem _files;
    private readonly Func<FileSampleStore> _open;
    private FileSampleStore _store;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public SampleMirror(string folder, int classes, long cacheBytes, IDurableFileSystem files, IRecordSeal seal)
    {
        (_folder, _files) = (folder, files);
        _open = () => new FileSampleStore(folder, classes, cacheBytes, files, seal);
        _store = _open();
        string[] words = File.Exists(PositionFile) ? File.ReadAllText(PositionFile).Split(' ') : [];
        if (words is [var writing, var position] && Guid.TryParse(writing, out var named)
            && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out long at))
            (Writing, Position) = (named, at);
    }

    /// <summary>Of the other node's file; empty before the first.</summary>
    public Guid Writing { get; private set; }

    public long Position { get; private set; }

    public FileSampleStore Store => Volatile.Read(ref _store);

    private string PositionFile => Path.Combine(_folder, "position");

    /// <summary>Where a feed begins: at another writing, or earlier than this one, everything copied so far goes, off the medium too.</summary>
    /// <returns>Whether it went.</returns>
    public bool Begin(Guid writing, long position)
    {
        if (writing == Writing && position == Position)
            return false;
        _store.Dispose();
        foreach (string file in Directory.EnumerateFiles(_folder))
            _files.Delete(file);
        _files.SyncFolder(_folder);
        Volatile.Write(ref _store, _open());
        Mark(writing, position);
        return true;
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="InvalidDataException">A record is none.</exception>
    public void Take(IReadOnlyList<FeedRecord> records)
    {
        if (records.Count == 0)
            return;
        // Several words on one sample stay in their order: a batch of the store takes one of each.
        var batch = new List<SampleRecord>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in records.Select(r => SampleRecord.Decode(r.Bytes.Span)))
        {
            if (!ids.Add(record.Sample.Id))
            {
                _store.Append(batch);
                batch.Clear();
                ids.Clear();
                ids.Add(record.Sample.Id);
            }

            // What is copied again after a crash may since have become another image; the newest word counts, not the first.
            batch.Add(record.Kind == SampleRecordKind.Sample && _store.Contains(record.Sample.Id) ? record with { Kind = SampleRecordKind.Amended } : record);
        }

        _store.Append(batch);
        Mark(Writing, records[^1].Next);
    }

    public void Dispose() => _store.Dispose();

    private void Mark(Guid writing, long position)
    {
        _files.Replace(PositionFile, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writing} {position}")));
        (Writing, Position) = (writing, position);
    }
}
