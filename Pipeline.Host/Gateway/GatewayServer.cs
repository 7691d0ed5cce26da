using System.Security.Authentication;
using System.Text;
using Akka.Event;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Gateway;

/// <summary>The listening port: Kestrel with one gRPC method, mutual TLS and nothing else.</summary>
internal static class GatewayServer
{
    private const long WindowsBuffered = 4;

    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3);

    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<(WebApplication Server, int Port)> StartAsync(
        Gateway gateway, GatewaySettings settings, GatewayCertificate certificate, Action<GatewayEvent> tell, TimeProvider clock, CancellationToken stop)
    {
        // Empty: no environment, no files, no console. What a site does is in its own configuration alone.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, settings, certificate, tell, clock));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Frame.MaxBytes;
            grpc.MaxSendMessageSize = Frame.MaxBytes;
            grpc.CompressionProviders.Clear();
        });
        builder.Services.AddSingleton(new GatewayService(gateway));
        builder.Services.AddSingleton<IServiceMethodProvider<GatewayService>, GatewayService.Methods>();
        // Signals belong to the command line.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownPatience);
        var server = builder.Build();
        server.UseRouting();
        server.MapGrpcService<GatewayService>();
        try
        {
            await server.StartAsync(stop).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        string address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return (server, new Uri(address).Port);
    }

    private static void Configure(
        KestrelServerOptions kestrel, GatewaySettings settings, GatewayCertificate certificate, Action<GatewayEvent> tell, TimeProvider clock)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = settings.Limits.MaxConnections;
        kestrel.Limits.KeepAliveTimeout = settings.Timeouts.Hello;
        kestrel.Limits.RequestHeadersTimeout = settings.Timeouts.Hello;
        // Links are idle for long; who takes nothing is found by the link itself.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 2;
        kestrel.Limits.Http2.InitialStreamWindowSize = settings.Limits.WindowBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = settings.Limits.WindowBytes;
        // Kestrel's 64 KiB are less than one chunk of a payload: each write would wait until the one before is on the wire.
        kestrel.Limits.MaxResponseBufferSize = WindowsBuffered * settings.Limits.WindowBytes;
        kestrel.Limits.Http2.KeepAlivePingDelay = settings.Timeouts.KeepAliveInterval;
        kestrel.Limits.Http2.KeepAlivePingTimeout = settings.Timeouts.KeepAliveAnswer;
        kestrel.Listen(settings.Listen!, listen =>
        {
            // HTTP/1 is offered only to be answered.
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => connection => TellOfStrangersAsync(next, connection, tell));
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificate.Certificate,
                ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                ClientCertificateValidation = (client, _, _) =>
                {
                    string? refusal = CertificateRules.Judge(client, settings, clock.GetUtcNow());
                    if (refusal is not null)
                        tell(new GatewayEvent(LogLevel.WarningLevel, client.Subject, $"refused: {refusal}"));
                    return refusal is null;
                },
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                HandshakeTimeout = settings.Timeouts.Connect,
            });
            listen.Use(next => connection => DemandHttp2Async(next, connection, tell));
        });
    }

    private static async Task TellOfStrangersAsync(ConnectionDelegate next, ConnectionContext connection, Action<GatewayEvent> tell)
    {
        await next(connection).ConfigureAwait(false);
        if (!connection.Items.ContainsKey(nameof(DemandHttp2Async)))
        {
            tell(new GatewayEvent(
                LogLevel.WarningLevel, $"{connection.RemoteEndPoint}",
                "refused: no TLS handshake (no TLS, no client certificate or one that is refused, an old version, or silence)"));
        }
    }

    private static async Task DemandHttp2Async(ConnectionDelegate next, ConnectionContext connection, Action<GatewayEvent> tell)
    {
        connection.Items[nameof(DemandHttp2Async)] = true;
        var protocol = connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol ?? default;
        if (protocol.Span.SequenceEqual("h2"u8))
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        string spoken = protocol.IsEmpty ? "no protocol by ALPN" : Encoding.ASCII.GetString(protocol.Span);
        tell(new GatewayEvent(LogLevel.WarningLevel, $"{connection.RemoteEndPoint}", $"refused: it speaks {spoken}; members speak gRPC over HTTP/2"));
        await connection.Transport.Output.WriteAsync(
            "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\nContent-Length: 44\r\nConnection: close\r\n\r\nMembers of a chain speak gRPC over HTTP/2.\r\n"u8.ToArray(),
            connection.ConnectionClosed).ConfigureAwait(false);
        await connection.Transport.Output.CompleteAsync().ConfigureAwait(false);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
