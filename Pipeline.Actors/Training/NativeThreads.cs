using System.Runtime.InteropServices;

namespace Pipeline.Actors.Training;

/// <summary>
/// Has OpenMP's threads sleep between two pieces of work. By default they spin for milliseconds, which takes the cores from whoever else has work: three sites
/// of two threads each on two cores trained seven times as long. OpenMP 5.0, OMP_WAIT_POLICY.
/// </summary>
internal static partial class NativeThreads
{
    private const string Policy = "OMP_WAIT_POLICY";

    /// <summary>To be called before libtorch is loaded, which reads it once. What the environment says already wins.</summary>
    public static void SleepWhenIdle()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Policy) is not null)
            return;
        // .NET keeps its own copy of the environment; native code sees the C library's.
        _ = SetVariable(Policy, "passive", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
