using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Host.Gateway;

/// <summary>Institutions with their keys and certificates, and gateways of them on free ports of this machine.</summary>
internal sealed class GatewayWorld : IAsyncDisposable
{
    private readonly Dictionary<string, Ed25519Signer> _signers;
    private readonly Dictionary<string, MemberKeys> _keys;
    private readonly ConcurrentBag<IAsyncDisposable> _running = [];
    private readonly ConcurrentQueue<(string Site, GatewayEvent Event)> _events = new();
    private MemberSet _members;

    public GatewayWorld(params string[] members)
    {
        _signers = members.ToDictionary(m => m, _ => Ed25519Signer.Create());
        _keys = _signers.ToDictionary(s => s.Key, s => new MemberKeys(s.Value));
        _members = SetOf(members);
    }

    public Digest Chain { get; } = Digest.Of("chain"u8);

    public Ed25519Signer SignerOf(string member) => _signers[member];

    public string EventsOf(string site) => string.Join('\n', _events.Where(e => e.Site == site).Select(e => e.Event));

    /// <summary>What the chain would do by a governed transaction.</summary>
    public void Dismiss(string member) => _members = SetOf(_members.Members.Select(m => m.Id).Where(id => id != member));

    /// <summary>The member has drawn another key; the chain still knows it by the old one.</summary>
    public void Draw(string member) => _keys[member].Add(_signers[member + "'"] = Ed25519Signer.Create());

    /// <summary>The chain has gone over to the key drawn, and the member has put the old one away.</summary>
    public void Rotate(string member)
    {
        var (old, renewed) = (_signers[member].PublicKey, _signers[member + "'"].PublicKey);
        _members = new MemberSet([.. _members.Members.Select(m => m.Id == member ? m with { Key = renewed } : m)]);
        _keys[member].Remove(old);
    }

    public GatewayChain ChainOf(string member) => GatewayChain.Of(Chain, "chest", () => _members, _keys[member]);

    /// <summary>A certificate like those of <c>pipeline init</c>.</summary>
    public static GatewayCertificate Certificate(string member, DateTimeOffset? made = null)
    {
        using var key = CertificateFactory.NewKey();
        using var certificate = CertificateFactory.SelfSigned(key, member, "127.0.0.1:1", made ?? DateTimeOffset.UtcNow);
        return new GatewayCertificate(X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null));
    }

    public static GatewaySettings Settings(string hocon)
    {
        var result = SiteConfiguration.Parse(
            "pipeline.site { name = x, data-directory = x }\npipeline.gateway { enabled = on, dial-again = 20ms, longest-dial-again = 200ms }\n" + hocon, "test.conf",
            new Dictionary<string, string>(), out _);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return result.Configuration.Site.Gateway;
    }

    /// <param name="listens">On a free port.</param>
    /// <param name="dials">The members that it dials, with their ports.</param>
    /// <param name="hocon">Further settings.</param>
    public async Task<Pipeline.Host.Gateway.Gateway> StartAsync(
        string member, bool listens = true, IReadOnlyList<(string Member, int Port)>? dials = null, string hocon = "", GatewayCertificate? certificate = null)
    {
        string peers = string.Join('\n', (dials ?? []).Select(d => $"pipeline.gateway.peers.{d.Member}.address = \"127.0.0.1:{d.Port}\""));
        string listen = listens ? "pipeline.gateway.listen = \"127.0.0.1:0\"\n" : "";
        var gateway = new Pipeline.Host.Gateway.Gateway(
            member, Settings($"{listen}{peers}\n{hocon}"), certificate ?? Certificate(member), told => _events.Enqueue((member, told)));
        gateway.Follow(ChainOf(member));
        await gateway.StartAsync();
        _running.Add(gateway);
        return gateway;
    }

    /// <summary>Waits until <paramref name="gateway"/> has exactly these links.</summary>
    public Task Linked(Pipeline.Host.Gateway.Gateway gateway, params string[] members) => Site.RunningSite.Until(
        () => gateway.Links.Select(l => l.Member).SequenceEqual(members.Order(StringComparer.Ordinal)),
        () => $"links: {string.Join(", ", gateway.Links.Select(l => l.Member))}; expected {string.Join(", ", members)}\n{string.Join('\n', _events)}");

    public Task Told(string site, string what) => Site.RunningSite.Until(
        () => EventsOf(site).Contains(what, StringComparison.Ordinal), () => $"{site} was never told '{what}', but:\n{EventsOf(site)}");

    /// <summary>A peer by hand, which follows no rule but those it is made to.</summary>
    public AsyncDuplexStreamingCall<Frame, Frame> Dial(int port, GatewayCertificate certificate, out Task<Digest> theirs)
    {
        var seen = new TaskCompletionSource<Digest>();
        var channel = GrpcChannel.ForAddress($"https://127.0.0.1:{port}", new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                InitialHttp2StreamWindowSize = 65_535,
                SslOptions = new SslClientAuthenticationOptions
                {
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate.Certificate,
                    RemoteCertificateValidationCallback = (_, remote, _, _) => seen.TrySetResult(GatewayCertificate.FingerprintOf(remote!)) || true,
                },
            },
        });
        _running.Add(new Later(channel));
        theirs = seen.Task;
        return channel.CreateCallInvoker().AsyncDuplexStreamingCall(FrameCodec.Link, null, new CallOptions());
    }

    /// <summary>Says hello by hand.</summary>
    public async Task<AsyncDuplexStreamingCall<Frame, Frame>> GreetAsync(
        int port, string member, GatewayCertificate? certificate = null, Ed25519Signer? signer = null, Digest? chain = null)
    {
        var own = certificate ?? Certificate(member);
        var call = Dial(port, own, out var theirs);
        var seat = new GatewayChain(chain ?? Chain, "chest", _ => [], new MemberKeys(signer ?? _signers[member]));
        await call.RequestStream.WriteAsync(new Frame.Greeting(
            Hello.Create(member, Digest.Of(Guid.NewGuid().ToByteArray()), own.Fingerprint, await theirs.WaitAsync(TimeSpan.FromSeconds(30)), [seat])));
        return call;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _running)
            await running.DisposeAsync();
        foreach (var signer in _signers.Values)
            signer.Dispose();
    }

    private MemberSet SetOf(IEnumerable<string> members) => new([.. members.Select(m => new Member(m, _signers[m].PublicKey))]);

    private sealed class Later(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
