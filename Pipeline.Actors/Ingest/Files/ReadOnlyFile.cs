using Microsoft.Win32.SafeHandles;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>A file opened for reading alone: never created, never changed, and its writer may go on, even delete it.</summary>
/// <exception cref="IOException">The file is not there or cannot be read.</exception>
internal sealed class ReadOnlyFile(string path) : IReadableFile
{
    private readonly SafeFileHandle _handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);

    public long Length => RandomAccess.GetLength(_handle);

    public int Read(long offset, Span<byte> into) => Read(_handle, offset, into);

    public void Dispose() => _handle.Dispose();

    /// <summary>Reads on where the system gives less than asked.</summary>
    internal static int Read(SafeFileHandle handle, long offset, Span<byte> into)
    {
        int total = 0;
        while (total < into.Length && RandomAccess.Read(handle, into[total..], offset + total) is > 0 and int count)
            total += count;
        return total;
    }
}
