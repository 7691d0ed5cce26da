using System.Net.Sockets;
using Pipeline.Host.Commands;

namespace Pipeline.Host.Control;

/// <summary>Asks a running site.</summary>
internal static class ControlClient
{
    /// <exception cref="CommandFailedException">No site runs on the folder, or it does not answer.</exception>
    public static async Task<ControlResponse> AskAsync(string dataDirectory, ControlRequest request, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(ControlSocket.EndPointOf(dataDirectory), stop).ConfigureAwait(false);
            await using var stream = new NetworkStream(socket);
            await ControlSocket.WriteAsync(stream, request, stop).ConfigureAwait(false);
            return await ControlSocket.ReadAsync<ControlResponse>(stream, stop).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new CommandFailedException($"no site answers at '{dataDirectory}' ({e.Message}); start it by 'pipeline run', and ask as the user that runs it", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CommandFailedException($"the site at '{dataDirectory}' broke off: {e.Message}", e);
        }
    }
}
