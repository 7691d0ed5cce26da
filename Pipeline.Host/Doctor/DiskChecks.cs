using System.Diagnostics;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;

namespace Pipeline.Host.Doctor;

/// <summary>The data directory: whether this user may write to it, how fast, and for how long there is room.</summary>
internal static class DiskChecks
{
    private const string DataKey = "pipeline.site.data-directory", WatermarkKey = "pipeline.ingest.low-watermark", QuotaKey = "pipeline.payloads.quota";
    private const string Area = "disk";
    private static readonly TimeSpan SlowFlush = TimeSpan.FromMilliseconds(50);

    public static void Run(Examination examination)
    {
        string data = examination.Site.DataDirectory;
        try
        {
            bool existed = Directory.Exists(data);
            Directory.CreateDirectory(data);
            examination.Running = DataDirectoryLock.IsHeld(data);
            Flush(examination, data);
            Space(examination, data);
            if (!existed && !Directory.EnumerateFileSystemEntries(data).Any())
                Directory.Delete(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            examination.Fail(
                Area, DataKey, $"'{data}' cannot be used: {e.Message.TrimEnd('.')}", "name a folder that this user may write to, or give it the right (chown)");
        }
    }

    private static void Flush(Examination examination, string data)
    {
        string probe = Path.Combine(data, $".doctor-{Environment.ProcessId}");
        try
        {
            using var file = new FileStream(probe, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.Write(new byte[4096]);
            long began = Stopwatch.GetTimestamp();
            file.Flush(flushToDisk: true);
            var took = Stopwatch.GetElapsedTime(began);
            if (took > SlowFlush)
            {
                examination.Warn(
                    Area, DataKey, $"'{data}' took {took.TotalMilliseconds:F0} ms to make 4 KiB durable: every C-STORE and every vote waits for that", "use a local SSD");
            }
            else
            {
                examination.Ok(Area, $"'{data}' can be written to; 4 KiB are durable after {took.TotalMilliseconds:F1} ms{(examination.Running ? "; a site runs on it" : "")}");
            }
        }
        finally
        {
            File.Delete(probe);
        }
    }

    private static void Space(Examination examination, string data)
    {
        var drive = new DriveInfo(data);
        long free = drive.AvailableFreeSpace, watermark = examination.Site.Ingest.LowWatermarkBytes, quota = examination.Site.Payloads.QuotaBytes;
        if (drive.DriveFormat is "tmpfs" or "ramfs")
            examination.Warn(Area, DataKey, $"'{data}' is in memory ({drive.DriveFormat}): what was acknowledged is lost when the machine stops", "name a folder on a disk");
        if (free < watermark)
        {
            examination.Fail(
                Area, WatermarkKey, $"{free >> 20} MiB are free, fewer than the {watermark >> 20} MiB below which no instance is taken", $"make room in '{data}', or lower the watermark");
        }
        else if (free < 2 * watermark)
        {
            examination.Warn(Area, WatermarkKey, $"{free >> 20} MiB are free; below {watermark >> 20} MiB no instance is taken", $"make room in '{data}'");
        }
        else
        {
            examination.Ok(Area, $"{free >> 20} MiB are free");
        }

        int chains = examination.Site.Chains.Count;
        if (chains > 0 && quota > free)
        {
            examination.Warn(
                Area, QuotaKey, $"the payloads of each of {chains} chains may grow to {quota >> 20} MiB, and {free >> 20} MiB are free", "lower the quota, or make room");
        }
    }
}
