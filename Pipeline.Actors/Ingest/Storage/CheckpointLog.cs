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
        _log.Append([JsonSerializer.SerializeToUtf8Bytes(checkpoint)]);
        Last = checkpoint;
    }

    public void Flush() => _log.Flush();

    public void Dispose() => _log.Dispose();

    private static Checkpoint Parse(ReadOnlyMemory<byte> bytes) =>
        JsonSerializer.Deserialize<Checkpoint>(bytes.Span) ?? throw new InvalidDataException("An empty checkpoint.");

    private void Rewrite()
    {
        string fresh = _path + ".new";
        _files.Delete(fresh);
        using (RecordLog log = RecordLog.Open(_files, fresh, MaxRecord, null))
        {
            log.Append([JsonSerializer.SerializeToUtf8Bytes(Last)]);
            log.Flush();
        }
        _log.Dispose();
        File.Move(fresh, _path, overwrite: true);
        _files.SyncFolder(Path.GetDirectoryName(_path)!);
        _log = RecordLog.Open(_files, _path, MaxRecord, null);
    }
}
