using System.Collections.Concurrent;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>The real disk, which refuses while told to, as a full or dying one does, and can lose what was not flushed.</summary>
internal sealed class FailingFileSystem : IDurableFileSystem
{
    private readonly DiskFileSystem _disk = new();
    private readonly ConcurrentDictionary<string, byte[]> _flushed = [];

    public bool FailWrites { get; set; }

    public bool FailFlushes { get; set; }

    public bool FailRenames { get; set; }

    public bool FailDeletes { get; set; }

    /// <summary>Whether <see cref="CutPower"/> will be called; set before anything is opened.</summary>
    public bool MayLosePower { get; init; }

    public long Free { get; set; } = long.MaxValue;

    public IDurableFile Open(string path) => new FailingFile(this, path, _disk.Open(path));

    public void SyncFolder(string folder) => _disk.SyncFolder(folder);

    public void Delete(string path)
    {
        if (FailDeletes && File.Exists(path))
            throw new IOException("Operation not permitted");
        _disk.Delete(path);
        _flushed.TryRemove(path, out _);
    }

    public void Rename(string path, string name)
    {
        if (FailRenames)
            throw new IOException("Operation not permitted");
        _disk.Rename(path, name);
        if (_flushed.TryRemove(path, out byte[]? content))
            _flushed[Path.Combine(Path.GetDirectoryName(path)!, name)] = content;
    }

    /// <summary>Leaves in each file of a folder, which nobody has open, what the last flush brought to the medium.</summary>
    public void CutPower(string folder)
    {
        foreach (string path in Directory.GetFiles(folder))
            File.WriteAllBytes(path, _flushed.GetValueOrDefault(path, []));
    }

    public void Replace(string path, ReadOnlySpan<byte> content)
    {
        if (FailWrites)
            throw new IOException("No space left on device");
        _disk.Replace(path, content);
    }

    public void Replace(string path, IEnumerable<ReadOnlyMemory<byte>> content)
    {
        if (FailWrites)
            throw new IOException("No space left on device");
        _disk.Replace(path, content);
    }

    public long FreeBytes(string folder) => Free;

    private sealed class FailingFile(FailingFileSystem owner, string path, IDurableFile file) : IDurableFile
    {
        public long Length => file.Length;

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts)
        {
            if (owner.FailWrites)
            {
                // Half of it reaches the disk, as when space runs out.
                file.Write(offset, [parts[0][..(parts[0].Length / 2)]]);
                throw new IOException("No space left on device");
            }
            file.Write(offset, parts);
        }

        public void BeginWriteBack(long offset, long length) => file.BeginWriteBack(offset, length);

        public void Flush()
        {
            if (owner.FailFlushes)
                throw new IOException("Input/output error");
            byte[] content = new byte[owner.MayLosePower ? file.Length : 0];
            file.Read(0, content);
            file.Flush();
            owner._flushed[path] = content;
        }

        public int Read(long offset, Span<byte> into) => file.Read(offset, into);

        public void Truncate(long length)
        {
            if (owner.FailWrites || owner.FailFlushes)
                throw new IOException("Input/output error");
            file.Truncate(length);
        }

        public void Dispose() => file.Dispose();
    }
}
