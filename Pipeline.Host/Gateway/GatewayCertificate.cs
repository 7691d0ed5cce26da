using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>Our TLS certificate with its private key.</summary>
public sealed class GatewayCertificate : IDisposable
{
    /// <param name="certificate">With its private key; disposed with this.</param>
    public GatewayCertificate(X509Certificate2 certificate)
    {
        Certificate = certificate;
        Fingerprint = FingerprintOf(certificate);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the DER form.</summary>
    public Digest Fingerprint { get; }

    public static Digest FingerprintOf(X509Certificate certificate) => Digest.Of(certificate.GetRawCertData());

    /// <param name="passphrase">For an encrypted key; null where it is not.</param>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="CryptographicException">A file is damaged, the passphrase is wrong, or the key is not the certificate's.</exception>
    public static GatewayCertificate Load(string certificateFile, string keyFile, string? passphrase)
    {
        string certificate = File.ReadAllText(certificateFile), key = File.ReadAllText(keyFile);
        using var loaded = passphrase is not null && key.Contains("ENCRYPTED", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromEncryptedPem(certificate, key, passphrase)
            : X509Certificate2.CreateFromPem(certificate, key);
        // A key that came by PEM is not usable by every platform's TLS; one that came by PKCS #12 is.
        return new GatewayCertificate(X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null));
    }

    public void Dispose() => Certificate.Dispose();
}
