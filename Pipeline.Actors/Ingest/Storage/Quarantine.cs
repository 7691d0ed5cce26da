using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// Instances a person has to look at: the original as a Part 10 file, readable by the owner alone, and beside it a JSON file with the reason that holds
/// nothing identifying. Named by spool sequence, so a replay writes the same files again. Nothing is ever deleted here by this program.
/// </summary>
public sealed class Quarantine
{
    private const string Unrouted = "_unrouted";
    private const string Note = ".json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _folder;
    private readonly IDurableFileSystem _files;

    /// <param name="dataDirectory">The site's; the quarantine is a folder in it.</param>
    public Quarantine(string dataDirectory, IDurableFileSystem files) => (_folder, _files) = (FolderOf(dataDirectory), files);

    /// <summary>Everything held below a site's data directory with the file of its original, by chain and sequence.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">A note is damaged.</exception>
    public static IReadOnlyList<(QuarantinedInstance Instance, string File)> List(string dataDirectory) =>
    [
        .. Notes(FolderOf(dataDirectory)).Select(note => (Instance: Read(note.Path), File: Path.ChangeExtension(note.Path, ".dcm")))
            .OrderBy(held => held.Instance.Chain, StringComparer.Ordinal).ThenBy(held => held.Instance.Sequence),
    ];

    /// <summary>Whether anything was ever put into quarantine there.</summary>
    public static bool Exists(string dataDirectory) => Directory.Exists(FolderOf(dataDirectory));

    /// <summary>Durable when it returns; the JSON file comes last and makes it count.</summary>
    internal void Put(SpoolRecord record, string? chain, string reason, string detail)
    {
        string place = Path.Combine(_folder, chain ?? Unrouted);
        Directory.CreateDirectory(place);
        string name = Path.Combine(place, record.Sequence.ToString("x16", CultureInfo.InvariantCulture));
        byte[] meta = DicomWriter.WriteMeta(record.SopClassUid, record.SopInstanceUid, record.TransferSyntaxUid);
        _files.Replace(name + ".dcm", record.Blocks.Prepend(meta));
        _files.Replace(name + Note, JsonSerializer.SerializeToUtf8Bytes(
            new QuarantinedInstance(record.Sequence, chain, reason, detail, record.Received, record.CallingAe, record.Length), Json));
    }

    /// <summary>Spool sequences of everything held.</summary>
    internal IEnumerable<long> Sequences() => Notes(_folder).Select(note => note.Sequence);

    private static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "quarantine");

    /// <summary>Notes by the sequence they are named by; a file that a person put beside them is none.</summary>
    private static IEnumerable<(string Path, long Sequence)> Notes(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (string path in Directory.EnumerateFiles(folder, "*" + Note, SearchOption.AllDirectories))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long sequence))
                yield return (path, sequence);
        }
    }

    private static QuarantinedInstance Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<QuarantinedInstance>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{path} is no note of an instance in quarantine: {damaged.Message}", damaged);
        }
    }
}
