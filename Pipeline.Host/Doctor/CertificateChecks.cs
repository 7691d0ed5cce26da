using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Gateway;

namespace Pipeline.Host.Doctor;

/// <summary>TLS certificates: readable, with their key, in force and for how long.</summary>
internal static class CertificateChecks
{
    private const string Area = "certificates";
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public static void Run(Examination examination)
    {
        var site = examination.Site;
        if (site.Gateway.Enabled)
        {
            Look(examination, "pipeline.gateway.certificate", "pipeline.gateway.key", site.Gateway.CertificateFile, site.Gateway.KeyFile, "pipeline init makes both");
            if (site.Gateway.TrustedCaFile is { } ca)
                Authorities(examination, "pipeline.gateway.trusted-ca", ca);
        }

        if (site.Status is { Enabled: true, CertificateFile: { } certificate, KeyFile: { } key })
            Look(examination, "pipeline.status.certificate", "pipeline.status.key", certificate, key, "have a certificate issued for this node");
        if (site.Cluster?.Tls is { } node)
        {
            KeyChecks.Private(examination, node.Key, "pipeline.cluster.tls.key");
            Look(examination, "pipeline.cluster.tls.certificate", "pipeline.cluster.tls.key", node.Certificate, node.Key, "docs/how-to/spread-a-site.md makes both");
            Authorities(examination, "pipeline.cluster.tls.trusted-ca", node.TrustedCa);
        }

        if (site.Dicom.Server.Tls is not { Files: var files })
            return;
        KeyChecks.Private(examination, files.Key, "pipeline.dicom.tls.key");
        Look(examination, "pipeline.dicom.tls.certificate", "pipeline.dicom.tls.key", files.Certificate, files.Key, "have a certificate issued for this node");
        Authorities(examination, "pipeline.dicom.tls.trusted", files.Trusted);
        if (DicomTls.Load(files) is { Ok: false, Fault: var fault } && File.Exists(files.Certificate) && File.Exists(files.Key) && File.Exists(files.Trusted))
            examination.Fail(Area, "pipeline.dicom.tls.certificate", fault!.Message.TrimEnd('.'), "certificate, key and trusted are PEM files, the key without a password");
    }

    /// <summary>A certificate with its key; a finding for each thing wrong.</summary>
    public static void Look(Examination examination, string certificateKey, string keyKey, string certificateFile, string keyFile, string origin)
    {
        foreach (var (key, file) in new[] { (certificateKey, certificateFile), (keyKey, keyFile) })
        {
            if (File.Exists(file))
                continue;
            examination.Fail(Area, key, $"there is no file '{file}'", $"name the PEM file; {origin}");
            return;
        }

        try
        {
            using var own = GatewayCertificate.Load(certificateFile, keyFile, examination.Passphrase);
            Expiry(examination, certificateKey, certificateFile, own.Certificate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            examination.Fail(
                Area, keyKey, $"'{certificateFile}' with '{keyFile}' cannot be used: {e.Message.TrimEnd('.')}",
                $"both must be PEM and belong together, and the passphrase must be that of the key; {origin}");
        }
    }

    private static void Authorities(Examination examination, string key, string file)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(file);
            if (found.Count == 0)
                examination.Fail(Area, key, $"'{file}' holds no certificate", "put the PEM of whom to trust there");
            foreach (var authority in found)
                Expiry(examination, key, file, authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            examination.Fail(Area, key, $"'{file}' cannot be read: {e.Message.TrimEnd('.')}", "name a PEM file that this user may read");
        }
    }

    private static void Expiry(Examination examination, string key, string file, X509Certificate2 certificate)
    {
        var (from, until) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        string what = $"{certificate.Subject} in '{file}'";
        if (examination.Now > until)
            examination.Fail(Area, key, $"{what} expired on {until:yyyy-MM-dd}", "renew it: docs/how-to/rotate-keys.md");
        else if (examination.Now < from)
            examination.Fail(Area, key, $"{what} is valid from {from:u} on, and it is {examination.Now:u}", "look at the clock, or wait");
        else if (until - examination.Now < Soon)
            examination.Warn(Area, key, $"{what} expires on {until:yyyy-MM-dd}, in {(until - examination.Now).Days} days", "renew it: docs/how-to/rotate-keys.md");
        else
            examination.Ok(Area, $"{what} is valid until {until:yyyy-MM-dd}");
    }
}
