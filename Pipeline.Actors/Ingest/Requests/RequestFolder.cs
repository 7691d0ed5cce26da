using System.Text.Json;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Requests;

/// <summary>
/// Where people leave what they decided, a file each, for the site to carry out: at once when it runs, else when it starts. So a command never touches
/// what the site is writing.
/// </summary>
public sealed class RequestFolder(string dataDirectory, IDurableFileSystem files)
{
    private const string Extension = ".json";
    private const long MaxBytes = 64 << 10;

    private readonly string _folder = Path.Combine(dataDirectory, "requests");

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="ArgumentException">It is none that <see cref="Pending"/> would read, so it would never be carried out.</exception>
    public void Put(OperatorRequest request)
    {
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(request);
        if (content.Length > MaxBytes)
            throw new ArgumentException($"The request has {content.Length} bytes; one of more than {MaxBytes} would never be carried out.", nameof(request));
        if (request.Id.Length == 0 || Path.GetFileName(request.Id) != request.Id)
            throw new ArgumentException($"'{request.Id}' names no file of the folder of requests.", nameof(request));
        Directory.CreateDirectory(_folder);
        files.Replace(PathOf(request.Id), content);
    }

    /// <summary>Whether a request is not carried out yet.</summary>
    public bool Waits(string id) => File.Exists(PathOf(id));

    /// <summary>What waits, oldest first. A file that is no request is left out.</summary>
    public IReadOnlyList<OperatorRequest> Pending()
    {
        if (!Directory.Exists(_folder))
            return [];
        return [.. Directory.EnumerateFiles(_folder, "*" + Extension).Select(Read).OfType<OperatorRequest>().OrderBy(request => request.At)];
    }

    /// <summary>Takes a request away that was carried out.</summary>
    public void Remove(OperatorRequest request)
    {
        files.Delete(PathOf(request.Id));
        files.SyncFolder(_folder);
    }

    private string PathOf(string id) => Path.Combine(_folder, id + Extension);

    private static OperatorRequest? Read(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes && JsonSerializer.Deserialize<OperatorRequest>(File.ReadAllBytes(path)) is { } request
                && request.Id == Path.GetFileNameWithoutExtension(path) ? request : null;
        }
        catch (Exception error) when (error is JsonException or FileNotFoundException)
        {
            return null;
        }
    }
}
