using System.Text.Json;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// The checkpoints of a site, the last whole one counts. Saving does not wait for the disk: a crash that takes the newest ones only brings instances
/// again that are recognised. <see cref="Flush"/> comes before spool segments go.
/// </summary>
internal sealed class CheckpointLog : IDisposable
{
    private const long MaxRecord = 1 << 20;
    private const long RewriteAt = 4 << 20;

    private readonly IDurableFileSystem _files;
    private readonly string _path;
    private RecordLog _log;
    private bool _broken, _renamed;

    public CheckpointLog(string path, IDurableFileSystem files)
    {
        (_path, _files) = (path, files);
        _log = RecordLog.Open(files, path, MaxRecord, (_, bytes) => Last = Parse(bytes));
    }

    public Checkpoint Last { get; private set; } = new();

    /// <summary>The last whole checkpoint of a file, which is left as it is; an empty one where there is none.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public static Checkpoint Peek(string path)
    {
        var last = new Checkpoint();
        if (!File.Exists(path))
            return last;
        using var file = new ReadOnlyFile(path);
        RecordLog.Scan(file, MaxRecord, (_, bytes) => last = Parse(bytes), out _);
        return last;
    }

    public void Save(Checkpoint checkpoint)
    {
        if (_log.Length > RewriteAt)
            Rewrite();
        Write(checkpoint);
        Last = checkpoint;
    }

    /// <exception cref="IOException">The disk refused; calling again later does no harm.</exception>
    public void Flush()
    {
        if (_broken)
            Write(Last);
        _broken = true;
        if (_renamed)
            _files.SyncFolder(Path.GetDirectoryName(_path)!);
        _log.Flush();
        (_broken, _renamed) = (false, false);
    }

    public void Dispose() => _log.Dispose();

    private static Checkpoint Parse(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<Checkpoint>(bytes.Span) ?? throw new InvalidDataException("An empty checkpoint.");

    /// <summary>Behind a write or flush that failed nothing since the last good flush counts.</summary>
    private void Write(Checkpoint checkpoint)
    {
        if (_broken)
            _log.Rollback();
        _broken = true;
        _log.Append([JsonSerializer.SerializeToUtf8Bytes(checkpoint)]);
        _broken = false;
    }

    private void Rewrite()
    {
        string fresh = _path + ".new";
        _files.Delete(fresh);
        using (RecordLog log = RecordLog.Open(_files, fresh, MaxRecord, null))
        {
            log.Append([JsonSerializer.SerializeToUtf8Bytes(Last)]);
            log.Flush();
        }
        File.Move(fresh, _path, overwrite: true);
        _renamed = true;
        RecordLog old = _log;
        _log = RecordLog.Open(_files, _path, MaxRecord, null);
        _broken = false;
        old.Dispose();
    }
}
