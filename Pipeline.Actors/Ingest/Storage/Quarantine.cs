using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// Instances a person has to look at: the original as a Part 10 file, readable by the owner alone and sealed where the site encrypts, and beside it a JSON
/// file with the reason that holds nothing identifying. Named by spool sequence, so a replay writes the same files again.
/// </summary>
public sealed class Quarantine
{
    private const string Unrouted = "_unrouted";
    private const string Note = ".json";
    private const string Plain = ".dcm";
    private const string Sealed = ".sealed";

    /// <summary>Preamble, magic and the group length element that Part 10 files of ours begin with (PS3.10 7.1).</summary>
    private const int MetaStart = 128 + 4 + 12;

    /// <summary>The longest original read back.</summary>
    private const long MaxBytes = 1L << 30;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _folder;
    private readonly IDurableFileSystem _files;
    private readonly StorageKeys _keys;

    /// <param name="dataDirectory">The site's; the quarantine is a folder in it.</param>
    /// <param name="keys">Under which originals are sealed; null for none.</param>
    public Quarantine(string dataDirectory, IDurableFileSystem files, StorageKeys? keys = null) =>
        (_folder, _files, _keys) = (FolderOf(dataDirectory), files, keys ?? StorageKeys.None);

    /// <summary>Everything held below a site's data directory with the file of its original, by chain and sequence.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">A note is damaged.</exception>
    public static IReadOnlyList<(QuarantinedInstance Instance, string File)> List(string dataDirectory) =>
    [
        .. Notes(FolderOf(dataDirectory)).Select(note => (Instance: Read(note.Path), File: OriginalBeside(note.Path)))
            .Where(held => held.Instance is not null).Select(held => (Instance: held.Instance!, held.File))
            .OrderBy(held => held.Instance.Chain, StringComparer.Ordinal).ThenBy(held => held.Instance.Sequence),
    ];

    /// <summary>Whether anything was ever put into quarantine there.</summary>
    public static bool Exists(string dataDirectory) => Directory.Exists(FolderOf(dataDirectory));

    /// <summary>The note of an instance, or null when it is not held or its note is damaged.</summary>
    public QuarantinedInstance? Find(string? chain, long sequence) => Peek(NameOf(chain, sequence) + Note);

    /// <summary>The original as a Part 10 file.</summary>
    /// <exception cref="IOException">It is gone, damaged, or sealed under a key that is not held.</exception>
    public byte[] Original(QuarantinedInstance held)
    {
        string name = NameOf(held.Chain, held.Sequence);
        if (File.Exists(name + Sealed))
            return SealedFile.Open(name + Sealed, SealOf(held.Sequence), MaxBytes);
        if (new FileInfo(name + Plain).Length > MaxBytes)
            throw new IOException($"{name + Plain} holds more than {MaxBytes} bytes.");
        return File.ReadAllBytes(name + Plain);
    }

    /// <summary>Durable when it returns; the JSON file comes last and makes it count.</summary>
    internal void Put(SpoolRecord record, string? chain, string reason, string detail)
    {
        string name = NameOf(chain, record.Sequence);
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        byte[] meta = DicomWriter.WriteMeta(record.SopClassUid, record.SopInstanceUid, record.TransferSyntaxUid);
        IEnumerable<ReadOnlyMemory<byte>> content = record.Blocks.Prepend(meta);
        if (_keys.Seals)
            _files.Replace(name + Sealed, SealedFile.Seal(content, SealOf(record.Sequence)));
        else
            _files.Replace(name + Plain, content);
        Write(name, new QuarantinedInstance(record.Sequence, chain, reason, detail, record.Received, record.CallingAe, record.Length, record.CalledAe));
    }

    /// <summary>Gives a held instance another reason.</summary>
    internal void Amend(QuarantinedInstance held) => Write(NameOf(held.Chain, held.Sequence), held);

    /// <summary>What the stages would have read from the spool; null where the original cannot be read.</summary>
    internal SpoolRecord? Restore(QuarantinedInstance held)
    {
        byte[] file;
        try
        {
            file = Original(held);
        }
        catch (IOException)
        {
            return null;
        }
        if (file.Length < MetaStart)
            return null;
        int body = MetaStart + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(MetaStart - 4));
        if (body < MetaStart || body > file.Length)
            return null;
        DicomDataSet meta = DicomReader.ReadHead(file.AsMemory(MetaStart, body - MetaStart), TransferSyntax.ExplicitLittle, new DicomTag(0x0003, 0));
        return new SpoolRecord(
            held.Sequence, false, held.Received, RepeatIndex.Unknown, held.Source ?? "", held.Called ?? "", meta.Text(DicomTags.MediaStorageSopClassUid) ?? "",
            meta.Text(DicomTags.MediaStorageSopInstanceUid) ?? "", meta.Text(DicomTags.TransferSyntaxUid) ?? "", file.AsMemory(body));
    }

    /// <summary>Deletes an instance; the note goes last, so what a crash leaves is found again.</summary>
    internal void Remove(string? chain, long sequence)
    {
        string name = NameOf(chain, sequence), folder = Path.GetDirectoryName(name)!;
        if (!Directory.Exists(folder))
            return;
        foreach (string extension in new[] { Plain, Sealed, Note })
            _files.Delete(name + extension);
        _files.SyncFolder(folder);
    }

    /// <summary>Everything held whose note can be read.</summary>
    internal IEnumerable<QuarantinedInstance> All() => Notes(_folder).Select(note => Peek(note.Path)).OfType<QuarantinedInstance>();

    /// <summary>Spool sequences of everything held.</summary>
    internal IEnumerable<long> Sequences() => Notes(_folder).Select(note => note.Sequence);

    private static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "quarantine");

    private static string OriginalBeside(string note)
    {
        string sealedFile = Path.ChangeExtension(note, Sealed);
        return File.Exists(sealedFile) ? sealedFile : Path.ChangeExtension(note, Plain);
    }

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

    /// <returns>Null where there is no such file, or no longer.</returns>
    private static QuarantinedInstance? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<QuarantinedInstance>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It is empty.");
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{path} is no note of an instance in quarantine: {damaged.Message}", damaged);
        }
    }

    /// <summary>As <see cref="Read"/>, for the running site, which a damaged note must not stop.</summary>
    private static QuarantinedInstance? Peek(string path)
    {
        try
        {
            return Read(path);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private void Write(string name, QuarantinedInstance held) => _files.Replace(name + Note, JsonSerializer.SerializeToUtf8Bytes(held, Json));

    private string NameOf(string? chain, long sequence) =>
        Path.Combine(_folder, chain ?? Unrouted, sequence.ToString("x16", CultureInfo.InvariantCulture));

    private IRecordSeal SealOf(long sequence) => _keys.For(string.Create(CultureInfo.InvariantCulture, $"quarantine/{sequence:x16}"));
}
