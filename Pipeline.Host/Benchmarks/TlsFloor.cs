using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Pipeline.Host.Benchmarks;

/// <summary>Bytes over mutual TLS on loopback and nothing else: one connection a peer, all at once, as the gateway's links are.</summary>
internal sealed class TlsFloor : IAsyncDisposable
{
    private const int WriteBytes = 256 * 1024;

    private readonly List<(SslStream Near, SslStream Far)> _pairs = [];

    private TlsFloor() { }

    public static async Task<TlsFloor> ConnectAsync(int peers)
    {
        var floor = new TlsFloor();
        using var server = BenchmarkGateways.Certificate("server");
        using var client = BenchmarkGateways.Certificate("client");
        for (int i = 0; i < peers; i++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var near = new TcpClient { NoDelay = true };
            await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint).ConfigureAwait(false);
            var far = await listener.AcceptTcpClientAsync().ConfigureAwait(false);
            far.NoDelay = true;
            var pair = (Near: new SslStream(near.GetStream()), Far: new SslStream(far.GetStream()));
            await Task.WhenAll(
                pair.Near.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = "server",
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => client.Certificate,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                }),
                pair.Far.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificate = server.Certificate,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                })).ConfigureAwait(false);
            floor._pairs.Add(pair);
        }

        return floor;
    }

    /// <summary>Milliseconds until every peer has read so many bytes.</summary>
    public async Task<double> SendAsync(int bytes)
    {
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(_pairs.SelectMany(pair => new[] { Task.Run(() => WriteAsync(pair.Near, bytes)), Task.Run(() => ReadAsync(pair.Far, bytes)) }))
            .ConfigureAwait(false);
        return Timing.Milliseconds(began, Stopwatch.GetTimestamp());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (near, far) in _pairs)
        {
            await near.DisposeAsync().ConfigureAwait(false);
            await far.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(SslStream stream, int bytes)
    {
        byte[] buffer = new byte[WriteBytes];
        for (int sent = 0; sent < bytes; sent += WriteBytes)
            await stream.WriteAsync(buffer.AsMemory(0, Math.Min(WriteBytes, bytes - sent))).ConfigureAwait(false);
    }

    private static async Task ReadAsync(SslStream stream, int bytes)
    {
        byte[] buffer = new byte[WriteBytes];
        for (int read = 0; read < bytes;)
            read += await stream.ReadAsync(buffer).ConfigureAwait(false);
    }
}
