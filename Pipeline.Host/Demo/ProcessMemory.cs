using System.Diagnostics;
using System.Globalization;

namespace Pipeline.Host.Demo;

/// <summary>The most memory this process has held.</summary>
internal static class ProcessMemory
{
    /// <summary>Peak resident set (MiB): VmHWM of /proc/self/status (proc(5)), elsewhere the runtime's own figure.</summary>
    public static double PeakMiB()
    {
        const string status = "/proc/self/status";
        if (File.Exists(status))
        {
            foreach (string line in File.ReadLines(status))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return double.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
            }
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / (1024.0 * 1024);
    }
}
