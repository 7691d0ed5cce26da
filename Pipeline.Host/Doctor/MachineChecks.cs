using System.Runtime.InteropServices;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Training;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Doctor;

/// <summary>What the machine brings: libraries, device, clock.</summary>
internal static class MachineChecks
{
    private const string JpegLs = "1.2.840.10008.1.2.4.80", Jpeg2000 = "1.2.840.10008.1.2.4.90", HighThroughput = "1.2.840.10008.1.2.4.201";
    private const string DeviceKey = "pipeline.trainer.device";

    // linux/timex.h: an array larger than struct timex of every architecture, and the state of a clock that nobody disciplines.
    private const int TimexBytes = 512, Unsynchronized = 5;

    public static IEnumerable<Finding> Libraries(TorchRuntime runtime)
    {
        yield return Finding.Ok("machine", $".NET {Environment.Version} on {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} cores");
        yield return runtime.Load() is { } fault
            ? new Finding(FindingLevel.Error, "libraries", fault, Mend: "install what is missing (Debian: libgomp1, libstdc++6), or publish the program again with its native files")
            : Finding.Ok("libraries", "libtorch is loaded");
        var decodable = new EmbeddedToolkit().Decodable;
        foreach (var (syntax, name, package) in new[]
        {
            (JpegLs, "JPEG-LS", "CharLS 2 (Debian: libcharls2)"), (Jpeg2000, "JPEG 2000", "OpenJPEG 2.5 (Debian: libopenjp2-7)"),
            (HighThroughput, "HTJ2K", "OpenJPEG 2.5 or newer (Debian: libopenjp2-7)"),
        })
        {
            yield return decodable.Contains(syntax)
                ? Finding.Ok("libraries", $"{name} can be decoded")
                : new Finding(FindingLevel.Warning, "libraries", $"{name} cannot be decoded: a PACS is told so, and sends other forms or nothing", Mend: $"install {package}");
        }
    }

    /// <summary>A clock that nobody sets, and one that stands before what is known to have happened.</summary>
    public static Finding Clock(DateTimeOffset now)
    {
        var built = File.GetLastWriteTimeUtc(typeof(MachineChecks).Assembly.Location);
        if (now.UtcDateTime < built.AddDays(-1))
        {
            return new Finding(
                FindingLevel.Error, "clock", $"it says {now:u}, and this program was built on {built:u}", Mend: "set the clock and have it kept (chrony, systemd-timesyncd)");
        }

        return Disciplined() is false
            ? new Finding(
                FindingLevel.Warning, "clock", $"it says {now:u}, and the kernel says that nobody disciplines it",
                Mend: "run chrony or systemd-timesyncd here or on the host: blocks carry times, and certificates end")
            : Finding.Ok("clock", $"it says {now:u}");
    }

    public static void Device(Examination examination, TorchRuntime runtime)
    {
        var trainer = examination.Site.Trainer;
        if (!examination.Site.Roles.Contains("trainer"))
            return;
        if (runtime.Resolve(trainer.Device, out string? error) is { } device)
            examination.Ok("GPU", $"{DeviceKey} = {trainer.Device}: training uses {device}");
        else
            examination.Fail("GPU", DeviceKey, error!, "set it to auto or cpu, or run where that GPU is visible (nvidia-smi) and the build has -p:TorchBackend=cuda");
        if (trainer.Threads > Environment.ProcessorCount)
        {
            examination.Warn(
                "GPU", "pipeline.trainer.threads", $"{trainer.Threads} threads on {Environment.ProcessorCount} cores slow each other down", "set it to 0, or to fewer than the cores");
        }
    }

    /// <summary>adjtimex(2), read only; null where it cannot be asked.</summary>
    private static bool? Disciplined()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out nint library) || !NativeLibrary.TryGetExport(library, "adjtimex", out nint function))
            return null;
        nint timex = Marshal.AllocHGlobal(TimexBytes);
        try
        {
            Marshal.Copy(new byte[TimexBytes], 0, timex, TimexBytes);
            int state = Marshal.GetDelegateForFunctionPointer<ReadClock>(function)(timex);
            return state < 0 ? null : state != Unsynchronized;
        }
        finally
        {
            Marshal.FreeHGlobal(timex);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ReadClock(nint timex);
}
