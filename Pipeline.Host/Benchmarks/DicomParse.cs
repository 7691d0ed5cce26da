using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Host.Benchmarks;

/// <summary>Files a second on one thread, from the page cache: header alone, and with the frame, beside dcmdump on the same files in the same run.</summary>
internal static class DicomParse
{
    /// <summary>
    /// fo-dicom 5.1.3 reading the same kind of file with its frame does 2,035 files/s where dcmdump does 5,556 (docs/results/dicom.md). Its packages are not on
    /// every feed, so its rate is taken from dcmdump's of the run.
    /// </summary>
    private const double FoDicomOfDcmdump = 2035.0 / 5556.0;

    private const double HeaderBar = 1.5, FrameBar = 2;

    public static IReadOnlyList<Figure> Measure(string folder, DicomWorkload workload, CancellationToken stop)
    {
        string[] files = Write(folder, workload.Files);
        List<double> headers = [], frames = [], dumps = [];
        byte[] buffer = new byte[files.Max(file => new FileInfo(file).Length)];
        for (int round = -1; round < workload.Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            double header = Rate(files, Header);
            double frame = Rate(files, file => Frame(file, buffer));
            double? dump = Dcmdump.IsInstalled ? Dcmdump.Rate(files) : null;
            // The first round warms code and page cache.
            if (round < 0)
                continue;
            headers.Add(header);
            frames.Add(frame);
            if (dump is { } rate)
                dumps.Add(rate);
        }
        double? floor = dumps.Count > 0 ? Timing.Median(dumps) : null;
        var details = new Dictionary<string, double> { ["files"] = files.Length, ["bytesPerFile"] = buffer.Length };
        return
        [
            new Figure("dicomHeader", "1/s", Timing.Median(headers), floor, floor is null ? null : new Bar(BarKind.RatioAtLeast, HeaderBar), details),
            new Figure("dicomFrame", "1/s", Timing.Median(frames), floor * FoDicomOfDcmdump,
                floor is null ? null : new Bar(BarKind.RatioAtLeast, FrameBar), details),
        ];
    }

    private static string[] Write(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        string[] files = [.. Enumerable.Range(0, count).Select(i => Path.Combine(folder, $"{i:D5}.dcm"))];
        for (int i = 0; i < count; i++)
            File.WriteAllBytes(files[i], CtSlice.Encode(i));
        return files;
    }

    private static double Rate(string[] files, Action<string> read)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (string file in files)
            read(file);
        return files.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Header(string file)
    {
        using SafeFileHandle handle = File.OpenHandle(file);
        DicomFile header = DicomReader.ReadHeader(handle).Require();
        if (header.DataSet.Int(DicomTags.Rows) is null)
            throw new InvalidDataException($"{file} has no rows.");
    }

    private static void Frame(string file, byte[] buffer)
    {
        using SafeFileHandle handle = File.OpenHandle(file);
        int length = RandomAccess.Read(handle, buffer, 0);
        DicomFile read = DicomReader.ReadFile(buffer.AsMemory(0, length)).Require();
        NativePixels frame = FrameDecoder.Open(read.DataSet, read.Syntax).Require().Decode(0).Require();
        if (frame.Bytes.Length != frame.Format.FrameSamples * frame.Format.SampleBytes)
            throw new InvalidDataException($"{file} has another frame than written.");
    }
}
