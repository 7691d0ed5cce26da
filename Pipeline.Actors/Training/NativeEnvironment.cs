using System.Runtime.InteropServices;

namespace Pipeline.Actors.Training;

/// <summary>What libtorch and OpenMP read from the environment, once, when they are loaded. What is set there already wins.</summary>
internal static partial class NativeEnvironment
{
    private static readonly (string Name, string Value)[] Settings =
    [
        // OpenMP's threads spin for milliseconds between two pieces of work and take the cores from whoever else has some: three sites of two threads each on
        // two cores trained seven times as long. OpenMP 5.0, OMP_WAIT_POLICY.
        ("OMP_WAIT_POLICY", "passive"),
        // On processors without NNPACK each convolution of a single image says so in a line of its own.
        ("TORCH_CPP_LOG_LEVEL", "ERROR"),
    ];

    /// <summary>To be called before libtorch is loaded.</summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
            return;
        // .NET keeps its own copy of the environment; native code sees the C library's.
        foreach (var (name, value) in Settings)
            _ = SetVariable(name, value, overwrite: 0);
    }

    /// <summary>
    /// To be called when libtorch is loaded. Its C++ library has a log level, but reads it from the environment only when Python asks it to
    /// (<c>c10::initLogging()</c>, under the name that the Itanium C++ ABI gives it).
    /// </summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc10.so", out nint library) && NativeLibrary.TryGetExport(library, "_ZN3c1011initLoggingEv", out nint init))
            Marshal.GetDelegateForFunctionPointer<Action>(init)();
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
