using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Pipeline.Actors.Training;

/// <summary>
/// Loads libtorch on first use, in the trainer role only, and resolves the device. A node that never trains never maps its 480 MB.
/// </summary>
public sealed partial class TorchRuntime
{
    /// <summary>One for the process: libtorch takes the size of its inter-op pool once, and ends the process at a second try.</summary>
    private static readonly Lock Gate = new();

    private readonly int _interopThreads;
    private volatile int _threads;
    private string? _error;
    private bool _loaded;

    /// <param name="threads">Intra-op threads of each training actor; 1 keeps several actors from competing and results reproducible.</param>
    /// <param name="interopThreads">Inter-op threads of the process.</param>
    public TorchRuntime(int threads = 1, int interopThreads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(interopThreads, 1);
        _threads = threads;
        _interopThreads = interopThreads;
        // Here, and not where libtorch is loaded: the runtime may load it as soon as a method that names it is compiled.
        NativeEnvironment.Prepare();
    }

    /// <summary>Intra-op threads of each training actor, from its next step on. Any thread.</summary>
    public int Threads
    {
        get => _threads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _threads = value;
        }
    }

    /// <summary>Loads libtorch if that has not happened yet.</summary>
    /// <returns>Null, or what is missing and how to mend it.</returns>
    public string? Load()
    {
        lock (Gate)
        {
            if (_loaded)
                return _error;
            _loaded = true;
            return _error = TryLoad();
        }
    }

    /// <summary>The device that a setting names.</summary>
    /// <param name="setting"><c>auto</c> (a GPU where there is one), <c>cpu</c> or <c>cuda:N</c>.</param>
    /// <param name="error">Set when null is returned.</param>
    public torch.Device? Resolve(string setting, out string? error)
    {
        error = Load();
        if (error is not null)
            return null;
        switch (setting)
        {
            case "cpu":
                return torch.CPU;
            case "auto":
                return torch.cuda.is_available() ? torch.device("cuda:0") : torch.CPU;
        }

        var match = CudaDevice().Match(setting);
        if (!match.Success)
        {
            error = $"device '{setting}' is none of auto, cpu, cuda:N";
            return null;
        }

        int index = int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (index < count)
            return torch.device(setting);
        error = $"device '{setting}' is not there: {count} CUDA devices are visible; build with -p:TorchBackend=cuda, or set the device to auto or cpu";
        return null;
    }

    /// <summary>Sets the calling thread's intra-op parallelism; libtorch keeps it per thread.</summary>
    public void EnterTrainingThread() => torch.set_num_threads(_threads);

    private string? TryLoad()
    {
        NativeMemory.Keep();
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            NativeEnvironment.Apply();
            torch.set_num_threads(_threads);
            if (torch.get_num_interop_threads() != _interopThreads)
                torch.set_num_interop_threads(_interopThreads);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or NotSupportedException or BadImageFormatException)
        {
            return Explain(Probe(AppContext.BaseDirectory) ?? e.GetBaseException().Message);
        }
        catch (ExternalException)
        {
            // The inter-op pool has started already, with the size of whoever came first: not worth failing for.
            return null;
        }
    }

    /// <summary>What the dynamic linker says of TorchSharp's library; null when it loads.</summary>
    internal static string? Probe(string directory)
    {
        string native = Path.Combine(directory, "runtimes", RuntimeInformation.RuntimeIdentifier.Contains("arm64", StringComparison.Ordinal) ? "linux-arm64" : "linux-x64", "native", "libLibTorchSharp.so");
        foreach (string path in new[] { native, Path.Combine(directory, "libLibTorchSharp.so") })
        {
            if (!File.Exists(path))
                continue;
            try
            {
                NativeLibrary.Free(NativeLibrary.Load(path));
                return null;
            }
            catch (DllNotFoundException e)
            {
                return e.Message;
            }
        }

        return OperatingSystem.IsLinux() ? $"libLibTorchSharp.so is not below {directory}" : null;
    }

    /// <summary>Turns the dynamic linker's words into what is missing and how to mend it.</summary>
    internal static string Explain(string loaderMessage)
    {
        var version = MissingVersion().Match(loaderMessage);
        return version.Success
            ? $"libtorch cannot be loaded: {version.Groups[1].Value} lacks the symbol version {version.Groups[2].Value}, which {version.Groups[3].Value} needs; "
                + "build on this system with the repository's own build (it makes newer versions optional), or install a newer C++ runtime"
            : $"libtorch cannot be loaded: {loaderMessage.Trim()}";
    }

    [GeneratedRegex("^cuda:([0-9]{1,3})$")]
    private static partial Regex CudaDevice();

    // glibc: "<library>: version `GLIBCXX_3.4.32' not found (required by <file>)"
    [GeneratedRegex(@"(\S+): version `([A-Za-z_]+[0-9.]+)' not found \(required by ([^)]*)\)")]
    private static partial Regex MissingVersion();
}
