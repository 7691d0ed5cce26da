using System.Security.Cryptography;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Mirrors;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// The file as a sequence that others copy from any position. A position counts within one writing of the file; an erasure writes it anew, and whoever
/// copied the old one begins again.
/// </summary>
public sealed partial class FileSampleStore
{
    private Guid? _writing;

    private string WritingFile => Path.Combine(Path.GetDirectoryName(_path)!, "samples.writing");

    /// <summary>Names this writing of the file; durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    internal Guid Writing
    {
        get
        {
            lock (_gate)
                return _writing ??= File.Exists(WritingFile) && Guid.TryParse(File.ReadAllText(WritingFile), out var kept) ? kept : Name();
        }
    }

    /// <summary>Durable records from a position on, up to about <paramref name="bytes"/>; null where the position is of no use any more.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    internal IReadOnlyList<FeedRecord>? ReadFrom(Guid writing, long position, int bytes)
    {
        lock (_gate)
        {
            if (writing != Writing || position < 0 || position > _log.DurableLength)
                return null;
            var records = new List<FeedRecord>();
            for (int size = 0; position < _log.DurableLength && size < bytes;)
            {
                var record = _log.Read(position, out position);
                records.Add(new FeedRecord(position, record));
                size += record.Length;
            }

            return records;
        }
    }

    /// <summary>Before the file is written anew: a crash between the two makes others copy once more, and keeps none of them on what was erased.</summary>
    private void Renew()
    {
        if (_writing is not null || File.Exists(WritingFile))
            _writing = Name();
    }

    private Guid Name()
    {
        var name = new Guid(RandomNumberGenerator.GetBytes(16));
        _files.Replace(WritingFile, System.Text.Encoding.ASCII.GetBytes(name.ToString()));
        return name;
    }
}
