using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Gateway;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Host.Gateway;

/// <summary>Whatever strangers and bad members do to a gateway, they are refused with a reason and an honest member goes on being heard.</summary>
public sealed class GatewayBadInputTests : PatientTestKit, IAsyncLifetime
{
    private readonly GatewayWorld _world = new("east", "north", "south", "west");
    private Pipeline.Host.Gateway.Gateway _north = null!, _south = null!;
    private Akka.TestKit.TestProbe _heard = null!;

    public async Task InitializeAsync()
    {
        _north = await _world.StartAsync("north", hocon: """
            pipeline.gateway {
              connect-timeout = 2s, hello-timeout = 2s, stall-timeout = 1s, keep-alive-interval = 1s, keep-alive-timeout = 1s, invalid-per-minute = 5, ban = 1h
              messages-per-second = 2000, queue-size = 8MiB
            }
            """);
        _south = await _world.StartAsync("south", listens: false, dials: [("north", _north.Port)]);
        _heard = CreateTestProbe();
        _north.Register(_world.Chain, PeerLane.Consensus, _heard);
        await _world.Linked(_north, "south");
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task An_expired_certificate()
    {
        using var expired = GatewayWorld.Certificate("west", DateTimeOffset.UtcNow.AddDays(-1000));
        await RefusedInTls(expired);
        await _world.Told("north", "CN=west: refused: certificate CN=west");
        await _world.Told("north", "expired on");
        SouthIsHeard();
    }

    [Fact]
    public async Task A_certificate_that_the_trusted_CA_did_not_issue()
    {
        using var folder = new Actors.Dicom.TestFolder();
        using var key = CertificateFactory.NewKey();
        using var ca = CertificateFactory.TrialCa(key, DateTimeOffset.UtcNow);
        string file = Path.Combine(folder.Path, "ca.crt");
        await File.WriteAllTextAsync(file, ca.ExportCertificatePem());
        await using var strict = await _world.StartAsync("east", hocon: $"pipeline.gateway.trusted-ca = \"{file}\"");
        using var memberKey = CertificateFactory.NewKey();
        using var issued = CertificateFactory.Issue(ca, memberKey, "west", "", DateTimeOffset.UtcNow);
        using var good = new GatewayCertificate(X509CertificateLoader.LoadPkcs12(issued.CopyWithPrivateKey(memberKey).Export(X509ContentType.Pkcs12), null));

        await using var north = await _world.StartAsync("west", listens: false, dials: [("east", strict.Port)], certificate: good);
        await _world.Linked(strict, "west");
        await using var other = await _world.StartAsync("north", listens: false, dials: [("east", strict.Port)]);
        await _world.Told("east", "refused: certificate CN=north");
        await _world.Told("east", "was not issued by the CA in pipeline.gateway.trusted-ca");
        await _world.Linked(strict, "west");
    }

    [Fact]
    public async Task No_certificate_at_all()
    {
        using var tcp = await ConnectAsync();
        await using var tls = new SslStream(tcp.GetStream());
        // TLS 1.3 tells a client without a certificate only when it reads.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "north", RemoteCertificateValidationCallback = (_, remote, _, _) => remote is not null });
            if (await tls.ReadAsync(new byte[1]) == 0)
                throw new IOException("closed");
        });
        await _world.Told("north", "refused: no TLS handshake");
        SouthIsHeard();
    }

    [Fact]
    public async Task Another_members_key()
    {
        using var thief = Ed25519Signer.Create();
        await Refused("its hello is not signed by the key that chain 'chest' knows 'west' by", await _world.GreetAsync(_north.Port, "west", signer: thief));
        await Refused("its hello is not signed by", await _world.GreetAsync(_north.Port, "west", signer: _world.SignerOf("south")));
        SouthIsHeard();
    }

    [Fact]
    public async Task A_hello_that_was_made_for_another_connection()
    {
        using var certificate = GatewayWorld.Certificate("west");
        var call = _world.Dial(_north.Port, certificate, out var theirs);
        using var elsewhere = GatewayWorld.Certificate("west");
        var replayed = Hello.Create("west", Digest.Of([1]), elsewhere.Fingerprint, await theirs, [_world.ChainOf("west")]);
        await call.RequestStream.WriteAsync(new Frame.Greeting(replayed));
        await Refused("its hello is not signed by", call);
        SouthIsHeard();
    }

    [Fact]
    public async Task A_foreign_genesis()
    {
        await Refused("none of the 1 chains of 'west' is one of ours", await _world.GreetAsync(_north.Port, "west", chain: Digest.Of("another genesis"u8)));
        SouthIsHeard();
    }

    [Fact]
    public async Task A_stranger_and_our_own_name()
    {
        using var signer = Ed25519Signer.Create();
        await Refused("'nobody' is no member of chain 'chest'", await _world.GreetAsync(_north.Port, "nobody", signer: signer));
        await Refused("calls itself 'north', which is this site", await _world.GreetAsync(_north.Port, "north"));
        SouthIsHeard();
    }

    [Fact]
    public async Task Half_open_connections()
    {
        using var silent = await ConnectAsync();
        using var tcp = await ConnectAsync();
        using var certificate = GatewayWorld.Certificate("west");
        await using var tls = await TlsAsync(tcp, certificate, SslApplicationProtocol.Http2);
        var mute = _world.Dial(_north.Port, certificate, out _);

        await Refused("no hello within 2 s", mute);
        Assert.Equal(0, await silent.GetStream().ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false).AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        await _world.Told("north", "refused: no TLS handshake");
        SouthIsHeard();
    }

    [Fact]
    public async Task A_client_of_HTTP_1()
    {
        using var certificate = GatewayWorld.Certificate("west");
        foreach (var protocol in new[] { SslApplicationProtocol.Http11, default })
        {
            using var tcp = await ConnectAsync();
            await using var tls = await TlsAsync(tcp, certificate, protocol);
            await tls.WriteAsync("GET / HTTP/1.1\r\nHost: north\r\n\r\n"u8.ToArray());
            using var reader = new StreamReader(tls, Encoding.ASCII);
            Assert.Equal("HTTP/1.1 505 HTTP Version Not Supported", await reader.ReadLineAsync());
        }

        await _world.Told("north", "members speak gRPC over HTTP/2");
        SouthIsHeard();
    }

    [Fact]
    public async Task Bytes_that_are_no_TLS()
    {
        using var tcp = await ConnectAsync();
        await tcp.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await _world.Told("north", "refused: no TLS handshake");
        SouthIsHeard();
    }

    [Fact]
    public async Task A_message_that_declares_to_be_huge_is_refused_by_its_length_alone()
    {
        using var certificate = GatewayWorld.Certificate("west");
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Certificate,
                RemoteCertificateValidationCallback = (_, remote, _, _) => remote is not null,
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://127.0.0.1:{_north.Port}/pipeline.gateway.v1.Gateway/Link")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Huge(),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(30));
        string status = response.Headers.TryGetValues("grpc-status", out var values) ? values.Single() : $"HTTP {(int)response.StatusCode}";
        Assert.True(status is "7" or "8" or "HTTP 413", status);
        await _world.Told("north", $"refused: a frame larger than the {Frame.MaxBytes} bytes that one may have");
        SouthIsHeard();
    }

    [Fact]
    public async Task A_member_that_floods_with_garbage_is_banned()
    {
        var call = await _world.GreetAsync(_north.Port, "west");
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await _world.Linked(_north, "south", "west");
        for (int i = 0; i < 6; i++)
            await call.RequestStream.WriteAsync(new Frame.Message(Digest.Of("no chain of ours"u8), PeerLane.Consensus, [1]));

        await _world.Told("north", "west: disconnected and banned for 3600 s: more than 5 invalid messages in a minute, the last one: a message of chain");
        await _world.Linked(_north, "south");
        await Refused("'west' is banned until", await _world.GreetAsync(_north.Port, "west"));
        SouthIsHeard();
    }

    [Fact]
    public async Task A_member_that_sends_more_messages_than_anybody_needs_is_banned()
    {
        var call = await _world.GreetAsync(_north.Port, "west");
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (int i = 0; i < 1_000_000; i++)
                await call.RequestStream.WriteAsync(new Frame.Message(_world.Chain, PeerLane.Sync, [1]));
        });

        await _world.Told("north", "west: disconnected and banned for 3600 s: more than 2000 messages a second");
        SouthIsHeard();
    }

    [Fact]
    public async Task A_slow_reader_loses_its_own_messages_alone_and_is_disconnected()
    {
        var call = await _world.GreetAsync(_north.Port, "west");
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await _world.Linked(_north, "south", "west");
        var atSouth = CreateTestProbe();
        _south.Register(_world.Chain, PeerLane.Payload, atSouth);
        byte[] bulk = new byte[256 * 1024];
        for (int i = 0; i < 64; i++)
        {
            _north.Send("west", _world.Chain, PeerLane.Payload, bulk);
            _north.Send("south", _world.Chain, PeerLane.Payload, bulk);
            Assert.Equal("north", atSouth.ExpectMsg<PeerMessage>().From);
        }

        await _world.Told("north", "west: link ended: the peer has read nothing for 1 s while messages waited for it");
        await _world.Linked(_north, "south");
        SouthIsHeard();
    }

    private void SouthIsHeard()
    {
        _south.Send("north", _world.Chain, PeerLane.Consensus, [42]);
        Assert.Equal("south", _heard.ExpectMsg<PeerMessage>().From);
    }

    private async Task Refused(string reason, AsyncDuplexStreamingCall<Frame, Frame> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail, StringComparison.Ordinal);
        await _world.Told("north", $"refused: {error.Status.Detail}");
        call.Dispose();
    }

    private async Task RefusedInTls(GatewayCertificate certificate)
    {
        var call = _world.Dial(_north.Port, certificate, out _);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.NotEqual(StatusCode.OK, error.StatusCode);
        call.Dispose();
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _north.Port);
        return tcp;
    }

    private static async Task<SslStream> TlsAsync(TcpClient tcp, GatewayCertificate certificate, SslApplicationProtocol protocol)
    {
        var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "north",
            ApplicationProtocols = protocol == default ? null : [protocol],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Certificate,
            RemoteCertificateValidationCallback = (_, remote, _, _) => remote is not null,
        });
        return tls;
    }

    /// <summary>10 GB by its header, 4 GiB (all that fits) by the gRPC prefix; five bytes are ever sent.</summary>
    private sealed class Huge : HttpContent
    {
        public Huge() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] prefix = new byte[5];
            BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), uint.MaxValue >> 1);
            await stream.WriteAsync(prefix);
            await stream.FlushAsync();
            await new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromSeconds(20));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 10_000_000_000;
            return true;
        }
    }
}
