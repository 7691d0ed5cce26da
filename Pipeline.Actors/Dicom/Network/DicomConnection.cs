using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>A transport connection, plain or over TLS.</summary>
public sealed class DicomConnection : IDisposable
{
    private readonly Socket _socket;

    private DicomConnection(Socket socket, Stream stream, bool secure)
    {
        (_socket, Stream) = (socket, stream);
        var remote = socket.RemoteEndPoint as IPEndPoint;
        Name = remote?.ToString() ?? "unknown";
        Origin = new AssociationOrigin(remote?.Address ?? IPAddress.None, secure);
    }

    /// <summary>Bytes of the upper layer.</summary>
    public Stream Stream { get; }

    /// <summary>The peer's address and port.</summary>
    public string Name { get; }

    public AssociationOrigin Origin { get; }

    /// <summary>Takes an accepted socket. With TLS, <see cref="SecureAsync"/> comes before anything else.</summary>
    /// <exception cref="SocketException">The peer is gone already.</exception>
    public static DicomConnection Accepted(Socket socket, DicomTls? tls)
    {
        var plain = new SocketStream(socket);
        return new DicomConnection(socket, tls is null ? plain : new SslStream(plain, leaveInnerStreamOpen: false), tls is not null);
    }

    /// <summary>Connects, with a handshake where TLS is given. What keeps it from a connection is a fault.</summary>
    public static async Task<Outcome<DicomConnection>> OpenAsync(string host, int port, DicomTls? tls, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
            stream = new SocketStream(socket);
            if (tls is not null)
            {
                var secure = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secure;
                await secure.AuthenticateAsClientAsync(tls.Client(host), cancellation).ConfigureAwait(false);
            }
            return new DicomConnection(socket, stream, tls is not null);
        }
        catch (Exception error) when (IsLost(error))
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            string why = error is OperationCanceledException ? "no answer in time" : (error.InnerException ?? error).Message;
            return new Fault(error is AuthenticationException || (error is IOException && tls is not null)
                ? $"{host}:{port}: no TLS connection: {why}" : $"{host}:{port} does not answer: {why}");
        }
    }

    /// <summary>The TLS handshake of an accepted connection.</summary>
    /// <returns>What went wrong; null when it is done or needless.</returns>
    public async Task<Fault?> SecureAsync(DicomTls? tls, CancellationToken cancellation)
    {
        if (tls is null || Stream is not SslStream secure)
            return null;
        try
        {
            await secure.AuthenticateAsServerAsync(tls.Server(), cancellation).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (IsLost(error))
        {
            return new Fault($"No TLS connection: {(error is OperationCanceledException ? "no handshake in time" : (error.InnerException ?? error).Message)}");
        }
    }

    /// <summary>Whether an exception of the stream means that the connection is gone.</summary>
    public static bool IsLost(Exception error) =>
        error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or AuthenticationException or InvalidOperationException;

    /// <summary>Lets what was sent arrive, then closes.</summary>
    public void Close()
    {
        try
        {
            if (_socket.Connected)
                _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
        Dispose();
    }

    /// <summary>Resets the connection, as the end of the process would.</summary>
    public void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        Dispose();
    }

    public void Dispose()
    {
        _socket.Dispose();
        Stream.Dispose();
    }
}
