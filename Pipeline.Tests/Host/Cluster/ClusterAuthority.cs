using Pipeline.Host.Ceremony;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>An authority of a cluster's own, and certificates of its nodes, as files.</summary>
internal sealed class ClusterAuthority : IDisposable
{
    private readonly System.Security.Cryptography.ECDsa _key = CertificateFactory.NewKey();
    private readonly System.Security.Cryptography.X509Certificates.X509Certificate2 _authority;
    private readonly string _folder;

    public ClusterAuthority(string folder)
    {
        _folder = folder;
        _authority = CertificateFactory.TrialCa(_key, DateTimeOffset.UtcNow);
        File.WriteAllText(PathOf("ca.crt"), _authority.ExportCertificatePem());
    }

    /// <returns>The lines of a node's configuration.</returns>
    public string Issue(string node, string host)
    {
        using var key = CertificateFactory.NewKey();
        using var certificate = CertificateFactory.Issue(_authority, key, node, $"{host}:4053", DateTimeOffset.UtcNow);
        File.WriteAllText(PathOf($"{node}.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf($"{node}.key"), key.ExportPkcs8PrivateKeyPem());
        return $$"""pipeline.cluster.tls { certificate = "{{PathOf($"{node}.crt")}}", key = "{{PathOf($"{node}.key")}}", trusted-ca = "{{PathOf("ca.crt")}}" }""";
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
