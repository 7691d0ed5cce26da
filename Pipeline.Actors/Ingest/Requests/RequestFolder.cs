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
    public void Put(OperatorRequest request)
    {
        Directory.CreateDirectory(_folder);
        files.Replace(PathOf(request.Id), JsonSerializer.SerializeToUtf8Bytes(request));
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
