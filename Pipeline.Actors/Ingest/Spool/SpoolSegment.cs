using System.Globalization;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// One file of the spool. Files are numbered upwards; those of earlier builds by their first sequence. The number is that of the
/// <see cref="RecordFileUse"/> too; where the two differ, the file was about to be used again.
/// </summary>
internal sealed class SpoolSegment(long number, string path, RecordLog log) : IDisposable
{
    public const string Extension = ".segment";

    /// <summary>Of earlier builds, which used no file again.</summary>
    public const string OnceExtension = ".seg";

    /// <summary>The longest entry: what earlier builds wrote held a whole instance.</summary>
    public const long MaxEntry = 0x7FFF_FFC7;

    public long Number { get; } = number;

    public string Path { get; } = path;

    /// <summary>Whether its file is deleted once it is consumed, so that nothing of it is left.</summary>
    public bool Single { get; set; }

    public RecordLog Log { get; } = log;

    /// <summary>The highest sequence of an instance that begins or ends here; −1 for none.</summary>
    public long LastSequence { get; set; } = -1;

    /// <summary>
    /// Records at or above this sequence do not count: a segment given up after a failed write may hold records that were refused and whose numbers
    /// were used again in the next one.
    /// </summary>
    public long End { get; set; } = long.MaxValue;

    /// <summary>Uploads under way that begin here.</summary>
    public int OpenUploads { get; set; }

    /// <summary>Of every commit in it, for the day the segment goes.</summary>
    public List<RepeatIndex.Entry> Entries { get; } = [];

    public static string NameOf(long number) => number.ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Segments of a folder in order.</summary>
    public static IReadOnlyList<(long Number, string Path)> List(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension).Concat(Directory.EnumerateFiles(folder, "*" + OnceExtension))
            .Select(path => (Number: long.Parse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.HexNumber, CultureInfo.InvariantCulture), path))
            .OrderBy(segment => segment.Number),
    ];

    /// <summary>The sequence at or above which no record of an earlier segment counts; null where the file's first entry is not whole.</summary>
    /// <param name="use">Null for a file of an earlier build.</param>
    public static long? FirstSequence(string path, RecordFileUse? use, IRecordSeal? seal)
    {
        using var file = new ReadOnlyFile(path);
        ReadOnlyMemory<byte> bytes;
        try
        {
            bytes = RecordLog.Read(file, path, MaxEntry + (seal?.Overhead ?? 0), RecordLog.StartOf(use), file.Length, use);
        }
        catch (IOException)
        {
            // Torn: nothing behind it counts either.
            return null;
        }
        return SpoolEntry.Decode(seal?.Open(bytes) ?? bytes) switch
        {
            SpoolEntry.Begin begin => begin.NextSequence,
            SpoolEntry.Whole whole => whole.Record.Sequence,
            _ => null,
        };
    }

    /// <summary>Notes that a record begins or ends here.</summary>
    public void Hold(long sequence) => LastSequence = Math.Max(LastSequence, sequence);

    public void Dispose() => Log.Dispose();
}
