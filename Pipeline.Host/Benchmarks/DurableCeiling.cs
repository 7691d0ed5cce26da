using System.Diagnostics;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Host.Benchmarks;

/// <summary>What the disk alone allows: each writer appends records of an instance's size to a file of its own, with fdatasync behind each.</summary>
internal static class DurableCeiling
{
    /// <returns>Records a second, over all writers.</returns>
    public static double Measure(string folder, int writers, int records, long bytes)
    {
        Directory.CreateDirectory(folder);
        var files = new DiskFileSystem();
        byte[] record = new byte[bytes];
        new Random(5).NextBytes(record);
        long began = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, writers).Select(writer => new Thread(() =>
        {
            using IDurableFile file = files.Open(Path.Combine(folder, $"{writer}"));
            for (int i = 0; i < records; i++)
            {
                file.Write(i * bytes, [record]);
                file.Flush();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Directory.Delete(folder, recursive: true);
        return writers * records / seconds;
    }
}
