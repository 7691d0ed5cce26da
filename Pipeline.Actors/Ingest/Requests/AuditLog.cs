using System.Text.Encodings.Web;
using System.Text.Json;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Requests;

/// <summary>
/// What was done to held data on somebody's word or by retention: one JSON object a line, appended and flushed before the request counts as carried
/// out. Pseudonyms and counts alone. Whoever writes to the log of a running site does so by the same instance.
/// </summary>
public sealed class AuditLog(string dataDirectory, IDurableFileSystem files)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path = PathOf(dataDirectory);
    private readonly Lock _gate = new();

    public static string PathOf(string dataDirectory) => Path.Combine(dataDirectory, "audit.log");

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Append(AuditEntry entry)
    {
        using var alone = _gate.EnterScope();
        bool created = !File.Exists(_path);
        using IDurableFile file = files.Open(_path);
        // What a crash tore stays a line of its own.
        byte[] last = [(byte)'\n'];
        if (file.Length > 0)
            file.Read(file.Length - 1, last);
        file.Write(file.Length, [last[0] == '\n' ? [] : "\n"u8.ToArray(), JsonSerializer.SerializeToUtf8Bytes(entry, Json), "\n"u8.ToArray()]);
        file.Flush();
        if (created)
            files.SyncFolder(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Entries of one request, in order; none where nothing is known of it.</summary>
    public static IReadOnlyList<AuditEntry> Of(string dataDirectory, string request)
    {
        if (!File.Exists(PathOf(dataDirectory)))
            return [];
        return
        [
            .. File.ReadLines(PathOf(dataDirectory)).Where(line => line.Contains(request, StringComparison.Ordinal)).Select(Parse).OfType<AuditEntry>()
                .Where(entry => entry.Request == request),
        ];
    }

    private static AuditEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEntry>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
