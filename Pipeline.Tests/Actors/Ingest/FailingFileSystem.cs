using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>The real disk, which refuses writes or flushes while told to, as a full or dying one does.</summary>
internal sealed class FailingFileSystem : IDurableFileSystem
{
    private readonly DiskFileSystem _disk = new();

    public bool FailWrites { get; set; }

    public bool FailFlushes { get; set; }

    public long Free { get; set; } = long.MaxValue;

    public IDurableFile Open(string path) => new FailingFile(this, _disk.Open(path));

    public void SyncFolder(string folder) => _disk.SyncFolder(folder);

    public void Delete(string path) => _disk.Delete(path);

    public void Rename(string path, string name) => _disk.Rename(path, name);

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

    private sealed class FailingFile(FailingFileSystem owner, IDurableFile file) : IDurableFile
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
            file.Flush();
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
