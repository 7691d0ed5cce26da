using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Gateway;

/// <summary>
/// What a peer's TLS certificate must be by itself. Whose it is the hello proves by a member key, so names in it do not count and anybody may have
/// issued it, unless the site trusts one CA alone.
/// </summary>
internal static class CertificateRules
{
    /// <summary>Null when there is nothing against it; otherwise why it is refused.</summary>
    public static string? Judge(X509Certificate2? certificate, GatewaySettings settings, DateTimeOffset now)
    {
        if (certificate is null)
            return "no certificate";
        if (now > certificate.NotAfter)
            return $"certificate {Name(certificate)} expired on {certificate.NotAfter.ToUniversalTime():u}: renew it, then link again";
        if (now < certificate.NotBefore)
            return $"certificate {Name(certificate)} is valid from {certificate.NotBefore.ToUniversalTime():u} on: look at both clocks";
        return settings.TrustedCaFile is { } file ? JudgeIssuer(certificate, file, now) : null;
    }

    private static string? JudgeIssuer(X509Certificate2 certificate, string file, DateTimeOffset now)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            return $"pipeline.gateway.trusted-ca '{file}' cannot be read: {e.Message}";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate)
            ? null
            : $"certificate {Name(certificate)} was not issued by the CA in pipeline.gateway.trusted-ca: {chain.ChainStatus.FirstOrDefault().StatusInformation?.Trim()}";
    }

    private static string Name(X509Certificate2 certificate) =>
        $"{string.Concat(certificate.Subject.Where(c => !char.IsControl(c)).Take(80))} ({GatewayCertificate.FingerprintOf(certificate).Short}…)";
}
