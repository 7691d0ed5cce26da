using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>The real disk: fdatasync where the platform has it, and folders flushed on POSIX systems.</summary>
public sealed partial class DiskFileSystem : IDurableFileSystem
{
    public IDurableFile Open(string path) => new DiskFile(path);

    public void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = OpenDescriptor(folder, 0);
        if (descriptor < 0)
            throw new IOException($"Cannot open folder {folder} to flush it (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (FlushFile(descriptor) != 0)
                throw new IOException($"Cannot flush folder {folder} (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    public void Delete(string path) => File.Delete(path);

    public void Rename(string path, string name) => File.Move(path, Path.Combine(Path.GetDirectoryName(path)!, name));

    public void Replace(string path, ReadOnlySpan<byte> content) => Replace(path, [content.ToArray()]);

    public void Replace(string path, IEnumerable<ReadOnlyMemory<byte>> content)
    {
        string temporary = path + ".new";
        try
        {
            using SafeFileHandle handle = OpenPrivate(temporary, FileMode.Create);
            long at = 0;
            foreach (ReadOnlyMemory<byte> part in content)
            {
                RandomAccess.Write(handle, part.Span, at);
                at += part.Length;
            }
            RandomAccess.FlushToDisk(handle);
        }
        catch (IOException)
        {
            // Half a file would keep what little room a full disk has left.
            File.Delete(temporary);
            throw;
        }
        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    public long FreeBytes(string folder) => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;

    private static SafeFileHandle OpenPrivate(string path, FileMode mode)
    {
        SafeFileHandle handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return handle;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FlushData(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int BeginWriteBack(SafeFileHandle descriptor, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    private sealed class DiskFile(string path) : IDurableFile
    {
        private readonly SafeFileHandle _handle = OpenPrivate(path, FileMode.OpenOrCreate);

        /// <summary>A descriptor for each thread that flushes at the same time: one descriptor tells an error to one of them alone.</summary>
        private readonly ConcurrentBag<SafeFileHandle> _flushing = [];

        public long Length => RandomAccess.GetLength(_handle);

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts) => RandomAccess.Write(_handle, parts, offset);

        public void BeginWriteBack(long offset, long length)
        {
            // SYNC_FILE_RANGE_WRITE of sync_file_range(2). What it says of errors, fdatasync says again.
            if (OperatingSystem.IsLinux())
                _ = DiskFileSystem.BeginWriteBack(_handle, offset, length, 2);
        }

        public void Flush()
        {
            if (!_flushing.TryTake(out SafeFileHandle? handle))
                handle = OpenPrivate(path, FileMode.Open);
            try
            {
                if (!OperatingSystem.IsLinux())
                    RandomAccess.FlushToDisk(handle);
                else if (FlushData(handle) != 0)
                    throw new IOException($"Cannot flush {path} (errno {Marshal.GetLastPInvokeError()}).");
            }
            finally
            {
                _flushing.Add(handle);
            }
        }

        public int Read(long offset, Span<byte> into) => ReadOnlyFile.Read(_handle, offset, into);

        public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

        public void Dispose()
        {
            while (_flushing.TryTake(out SafeFileHandle? handle))
                handle.Dispose();
            _handle.Dispose();
        }
    }
}
