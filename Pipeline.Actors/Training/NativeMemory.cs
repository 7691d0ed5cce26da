using System.Runtime.InteropServices;

namespace Pipeline.Actors.Training;

/// <summary>
/// Lets glibc keep what libtorch frees. By default every tensor above 128 KiB is mapped and unmapped again, and each step pays for the page faults.
/// Bounded: at most <see cref="Kept"/> of free memory stays at the top of the heap. mallopt(3).
/// </summary>
internal static partial class NativeMemory
{
    private const int TrimThreshold = -1, MmapThreshold = -3;

    /// <summary>Bytes; the largest that glibc takes.</summary>
    private const int LargestOnHeap = 32 << 20;

    /// <summary>Bytes.</summary>
    private const int Kept = 256 << 20;

    /// <summary>Does nothing where the C library is another.</summary>
    public static void Keep()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetOption(MmapThreshold, LargestOnHeap);
            _ = SetOption(TrimThreshold, Kept);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such options.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
