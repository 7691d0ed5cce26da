using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// One end's TLS identity and whom it trusts. TLS 1.2 and 1.3 with the suites that PS3.15 B.12 and B.13 (BCP 195: RFC 8996, RFC 9325) leave; both ends
/// show certificates.
/// </summary>
public sealed class DicomTls
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TlsCipherSuite[] Suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
    ];

    private readonly SslStreamCertificateContext? _own;
    private readonly X509Certificate2Collection _trusted;
    private readonly bool _clientCertificate;

    private DicomTls(X509Certificate2? own, X509Certificate2Collection trusted, bool clientCertificate)
    {
        _own = own is null ? null : SslStreamCertificateContext.Create(own, null, offline: true);
        (_trusted, _clientCertificate) = (trusted, clientCertificate);
    }

    /// <summary>Reads the files. One that cannot be used is a fault that names it.</summary>
    public static Outcome<DicomTls> Load(DicomTlsFiles files)
    {
        string at = files.Certificate;
        try
        {
            X509Certificate2? own = files.Certificate.Length == 0 ? null : X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
            at = files.Trusted;
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(files.Trusted);
            return trusted.Count == 0
                ? new Fault($"TLS: no certificate in {files.Trusted}; it names whom to trust, as PEM.")
                : new DicomTls(own, trusted, files.ClientCertificate);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return new Fault($"TLS: {at} cannot be used: {error.Message} Certificates and keys are PEM files, the key without a password.");
        }
    }

    internal SslServerAuthenticationOptions Server() => new()
    {
        ServerCertificateContext = _own,
        ClientCertificateRequired = _clientCertificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CipherSuitesPolicy = Policy(),
        AllowRenegotiation = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is null ? !_clientCertificate : Trusts(certificate, ClientAuthentication, nameMatches: true),
    };

    internal SslClientAuthenticationOptions Client(string host) => new()
    {
        TargetHost = host,
        ClientCertificateContext = _own,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CipherSuitesPolicy = Policy(),
        AllowRenegotiation = false,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            certificate is not null && Trusts(certificate, ServerAuthentication, (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0),
    };

    /// <summary>A certificate that is itself among the trusted needs no name: it was chosen by hand.</summary>
    private bool Trusts(X509Certificate certificate, string purpose, bool nameMatches)
    {
        using var peer = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (!nameMatches && !_trusted.Contains(peer))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        return chain.Build(peer);
    }

    private static CipherSuitesPolicy? Policy() => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? new CipherSuitesPolicy(Suites) : null;
}
