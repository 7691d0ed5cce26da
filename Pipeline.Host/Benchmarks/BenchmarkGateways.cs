using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>Gateways of members in this process, linked over loopback as they would be between institutions; each dials those before it.</summary>
internal sealed class BenchmarkGateways : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly List<Gateway.Gateway> _gateways = [];

    private BenchmarkGateways() { }

    public Gateway.Gateway this[int member] => _gateways[member];

    /// <summary>Settings of a site that has only this in its file.</summary>
    public static GatewaySettings Settings(string hocon) => SiteConfiguration.Parse(
        "pipeline { site { name = bench, data-directory = bench }\ngateway { enabled = on, listen = \"127.0.0.1:0\" } }\n" + hocon, "benchmark",
        new Dictionary<string, string>(), out _).Configuration!.Site.Gateway;

    /// <exception cref="TimeoutException">Not every member is linked to every other.</exception>
    public static async Task<BenchmarkGateways> StartAsync(Digest chainId, string chain, MemberSet members, IReadOnlyList<ISigner> signers, CancellationToken stop)
    {
        var gateways = new BenchmarkGateways();
        for (int i = 0; i < members.Count; i++)
        {
            string peers = string.Concat(gateways._gateways.Select((g, j) => string.Create(
                CultureInfo.InvariantCulture, $"pipeline.gateway.peers.{members[j].Id}.address = \"127.0.0.1:{g.Port}\"\n")));
            var gateway = new Gateway.Gateway(members[i].Id, Settings(peers), Certificate(members[i].Id), _ => { });
            gateway.Follow(GatewayChain.Of(chainId, chain, () => members, new MemberKeys(signers[i])));
            await gateway.StartAsync().ConfigureAwait(false);
            gateways._gateways.Add(gateway);
        }

        long began = TimeProvider.System.GetTimestamp();
        while (gateways._gateways.Any(g => g.Links.Count < members.Count - 1))
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"links after {Patience}: {string.Join(", ", gateways._gateways.Select(g => g.Links.Count))} of {members.Count - 1}");
            await Task.Delay(Poll, stop).ConfigureAwait(false);
        }

        return gateways;
    }

    public static GatewayCertificate Certificate(string member)
    {
        using var key = CertificateFactory.NewKey();
        using var certificate = CertificateFactory.SelfSigned(key, member, "", DateTimeOffset.UtcNow);
        return new GatewayCertificate(X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null));
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_gateways.Select(g => g.DisposeAsync().AsTask())).ConfigureAwait(false);
}
