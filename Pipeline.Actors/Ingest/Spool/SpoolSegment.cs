using System.Globalization;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>One file of the spool, named by the sequence of its first record.</summary>
internal sealed class SpoolSegment(long first, string path, RecordLog log) : IDisposable
{
    public const string Extension = ".seg";

    public long First { get; } = first;

    public string Path { get; } = path;

    public RecordLog Log { get; } = log;

    /// <summary>Of every record in it, for the day the segment goes.</summary>
    public List<RepeatIndex.Entry> Entries { get; } = [];

    public static string NameOf(long first) => first.ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Segments of a folder by their first sequence.</summary>
    public static IReadOnlyList<(long First, string Path)> List(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(path => (First: long.Parse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.HexNumber, CultureInfo.InvariantCulture), path))
            .OrderBy(segment => segment.First),
    ];

    public void Dispose() => Log.Dispose();
}
