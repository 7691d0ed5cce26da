using System.Net.Sockets;
using System.Text.Json;

namespace Pipeline.Host.Control;

/// <summary>
/// Where a running site hears its operator: a Unix domain socket in a folder of the data directory that nobody but the site's user may enter, so that
/// whoever may read the site's keys may speak in its name, and nobody else. One line of JSON each way.
/// </summary>
internal static class ControlSocket
{
    // sun_path has 108 bytes with the zero at the end (man 7 unix), and 104 on macOS.
    private const int MaxPathBytes = 103;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static string FolderOf(string dataDirectory) => Path.Combine(dataDirectory, "control");

    /// <summary>The socket, by the shortest of its names: a path that a socket cannot have is tried relative to where this process works.</summary>
    /// <exception cref="CommandFailedException">Both are too long.</exception>
    public static UnixDomainSocketEndPoint EndPointOf(string dataDirectory)
    {
        string path = Path.GetFullPath(Path.Combine(FolderOf(dataDirectory), "site.sock"));
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        string shortest = relative.Length < path.Length ? relative : path;
        return System.Text.Encoding.UTF8.GetByteCount(shortest) <= MaxPathBytes
            ? new UnixDomainSocketEndPoint(shortest)
            : throw new Commands.CommandFailedException($"'{path}' is too long for a socket ({MaxPathBytes} bytes); run from the data directory, or move it up");
    }

    public static async Task WriteAsync<T>(Stream stream, T value, CancellationToken stop)
    {
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value, Json), (byte)'\n'], stop).ConfigureAwait(false);
        await stream.FlushAsync(stop).ConfigureAwait(false);
    }

    /// <exception cref="InvalidDataException">Nothing, too much, or something else came.</exception>
    public static async Task<T> ReadAsync<T>(Stream stream, CancellationToken stop)
    {
        byte[] buffer = new byte[4096];
        using var line = new MemoryStream();
        while (line.Length <= ControlRequest.MaxBytes)
        {
            int read = await stream.ReadAsync(buffer, stop).ConfigureAwait(false);
            int end = Array.IndexOf(buffer, (byte)'\n', 0, read);
            line.Write(buffer, 0, end < 0 ? read : end);
            if (end < 0 && read > 0)
                continue;
            try
            {
                return JsonSerializer.Deserialize<T>(line.ToArray(), Json) ?? throw new InvalidDataException("nothing came");
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"what came is no {typeof(T).Name}: {e.Message}", e);
            }
        }

        throw new InvalidDataException($"more than {ControlRequest.MaxBytes} bytes came");
    }
}
