using System.Net.Sockets;

namespace Pipeline.Host.Control;

/// <summary>Answers an operator at the site's own machine (<see cref="ControlSocket"/>), one request a connection, a few at a time.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MaxConnections = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _listener;
    private readonly Func<ControlRequest, CancellationToken, Task<ControlResponse>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(MaxConnections);
    private readonly Task _accepting;

    private ControlServer(Socket listener, Func<ControlRequest, CancellationToken, Task<ControlResponse>> answer)
    {
        _listener = listener;
        _answer = answer;
        _accepting = AcceptAsync();
    }

    /// <summary>The data directory is this process's alone, so whatever socket lies there is of one that is gone.</summary>
    /// <exception cref="IOException">The folder or the socket cannot be made.</exception>
    /// <exception cref="Commands.CommandFailedException">The path is too long for a socket.</exception>
    public static ControlServer Start(string dataDirectory, Func<ControlRequest, CancellationToken, Task<ControlResponse>> answer)
    {
        string folder = ControlSocket.FolderOf(dataDirectory);
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(Path.Combine(folder, "site.sock"));
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(ControlSocket.EndPointOf(dataDirectory));
            listener.Listen(MaxConnections);
            return new ControlServer(listener, answer);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"the control socket below '{folder}' cannot be opened: {e.Message}", e);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        // Whoever is being answered has the stop token.
        for (int i = 0; i < MaxConnections; i++)
            await _free.WaitAsync().ConfigureAwait(false);
        _free.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var connection = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                _free.Release();
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(Patience);
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            ControlResponse response;
            try
            {
                response = await _answer(await ControlSocket.ReadAsync<ControlRequest>(stream, limit.Token).ConfigureAwait(false), limit.Token)
                    .ConfigureAwait(false);
            }
            catch (InvalidDataException e)
            {
                response = ControlResponse.Refuse(e.Message);
            }

            await ControlSocket.WriteAsync(stream, response, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // Whoever asked has gone, or was too slow; nobody is left to tell.
        }
        finally
        {
            _free.Release();
        }
    }
}
