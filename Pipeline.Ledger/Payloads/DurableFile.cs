using System.Runtime.InteropServices;
using System.Text;

namespace Pipeline.Ledger.Payloads;

/// <summary>Writes a file so that after a power cut either all of it or none of it is there.</summary>
public static class DurableFile
{
    private const int OpenReadOnly = 0;

    /// <summary>
    /// Writes beside the target, fsyncs, renames over it and fsyncs the folder: the order that ext4, XFS and APFS need for an atomic,
    /// durable replacement.
    /// </summary>
    /// <param name="temporary">A path on the same file system; removed when the write fails.</param>
    /// <exception cref="IOException">The disk is full or refused; the target is as it was.</exception>
    public static void Write(string path, string temporary, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes renames and new entries of a folder durable. Windows journals them itself and offers no such call.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = NativeMethods.Open(Encoding.UTF8.GetBytes(folder + '\0'), OpenReadOnly);
        if (descriptor < 0)
            throw new IOException($"cannot open the folder '{folder}' to flush it: error {Marshal.GetLastPInvokeError()}");
        try
        {
            if (NativeMethods.Fsync(descriptor) != 0)
                throw new IOException($"cannot flush the folder '{folder}': error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Close(int descriptor);
    }
}
