using System.Diagnostics;

namespace Pipeline.Host.Benchmarks;

/// <summary>DCMTK's dcmdump as it is installed; what it prints is thrown away.</summary>
internal static class Dcmdump
{
    private const string Name = "dcmdump";

    public static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Name)));

    /// <summary>Files a second, all of them in one process, whose start is taken off: it is measured on one file.</summary>
    /// <exception cref="InvalidOperationException">It failed on a file.</exception>
    public static double Rate(string[] files) => (files.Length - 1) / Math.Max(1e-6, Seconds(files) - Seconds(files[..1]));

    private static double Seconds(string[] files)
    {
        // The shell opens the null device, so that no pipe and no reader of it takes part.
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {Name} \"$@\" >/dev/null", Name, .. files]);
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Name} did not start");
        process.WaitForExit();
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(began).TotalSeconds
            : throw new InvalidOperationException($"{Name} ended with {process.ExitCode}");
    }
}
