using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pipeline.Host.Ceremony;

/// <summary>TLS certificates of gateways: ECDSA P-256, for client and server alike (RFC 5280). The hello binds them to member keys; names do not count.</summary>
internal static class CertificateFactory
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // Guessing a passphrase costs as much as OWASP asks of PBKDF2-SHA256.
    private static readonly PbeParameters KeyProtection = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000);

    public static TimeSpan Lifetime { get; } = TimeSpan.FromDays(730);

    public static TimeSpan CaLifetime { get; } = TimeSpan.FromDays(3650);

    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Encrypted PKCS #8 in PEM, which OpenSSL reads too.</summary>
    public static string Encrypt(ECDsa key, string passphrase) => key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, KeyProtection) + "\n";

    public static X509Certificate2 SelfSigned(ECDsa key, string member, string gateway, DateTimeOffset now) =>
        Request(key, member, gateway).CreateSelfSigned(now.AddMinutes(-5), now + Lifetime);

    /// <summary>PKCS #10 in PEM, for the institution's own CA.</summary>
    public static string SigningRequest(ECDsa key, string member, string gateway) => Request(key, member, gateway).CreateSigningRequestPem() + "\n";

    /// <summary>A private CA, for trials among people who know each other.</summary>
    public static X509Certificate2 TrialCa(ECDsa key, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=Pipeline trial CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now + CaLifetime);
    }

    /// <param name="ca">With its private key.</param>
    public static X509Certificate2 Issue(X509Certificate2 ca, ECDsa key, string member, string gateway, DateTimeOffset now)
    {
        var request = Request(key, member, gateway);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        var end = now + Lifetime < ca.NotAfter ? now + Lifetime : new DateTimeOffset(ca.NotAfter);
        return request.Create(ca, new DateTimeOffset(ca.NotBefore) > now.AddMinutes(-5) ? ca.NotBefore : now.AddMinutes(-5), end, RandomNumberGenerator.GetBytes(16));
    }

    private static CertificateRequest Request(ECDsa key, string member, string gateway)
    {
        var request = new CertificateRequest($"CN={member}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(member);
        if (gateway.Length > 0)
        {
            string host = new Uri("tcp://" + gateway).IdnHost;
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else if (host != member)
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
