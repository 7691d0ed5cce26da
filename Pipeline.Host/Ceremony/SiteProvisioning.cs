using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Host.Commands;
using Pipeline.Host.Gateway;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Ceremony;

/// <summary><c>pipeline init</c>: everything that an institution has before it joins its first chain.</summary>
internal static class SiteProvisioning
{
    private const string CaCertificate = "ca.crt", CaKey = "ca.key";

    public static Task<int> InitAsync(InitRequest request, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        string passphrase = Passphrase.Demand(request.PassphraseFile);
        return request.Site is null ? MakeCa(request.CaFolder!, passphrase, terminal) : MakeSite(request, request.Site, passphrase, terminal);
    }, stop);

    private static int MakeCa(string folder, string passphrase, Terminal terminal)
    {
        string certificateFile = Path.Combine(folder, CaCertificate), keyFile = Path.Combine(folder, CaKey);
        if (File.Exists(keyFile))
            throw new CommandFailedException($"'{keyFile}' exists; a CA is never made anew over an old one");
        using var key = CertificateFactory.NewKey();
        using var certificate = CertificateFactory.TrialCa(key, DateTimeOffset.UtcNow);
        OwnerFile.Write(keyFile, System.Text.Encoding.ASCII.GetBytes(CertificateFactory.Encrypt(key, passphrase)), replace: false);
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem() + "\n");
        terminal.Out.WriteLine($"a private CA for trials, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}: {certificateFile}");
        terminal.Out.WriteLine($"give it to every member (pipeline.gateway.trusted-ca); 'pipeline init SITE --data DIR --ca {folder}' issues a certificate");
        return ExitCode.Ok;
    }

    private static int MakeSite(InitRequest request, string site, string passphrase, Terminal terminal)
    {
        string data = request.DataDirectory!, keys = Path.Combine(data, "keys");
        string certificateFile = Path.Combine(keys, "tls.crt"), keyFile = Path.Combine(keys, "tls.key");
        if (SiteIdentity.IsProtected(data) && File.Exists(keyFile))
            throw new CommandFailedException($"'{keys}' holds keys already; they are never replaced. To begin anew, move the folder away");
        using var identity = Protect(data, passphrase);
        using var key = CertificateFactory.NewKey();
        using var certificate = Certify(request, site, key, passphrase);
        OwnerFile.Write(keyFile, System.Text.Encoding.ASCII.GetBytes(CertificateFactory.Encrypt(key, passphrase)), replace: true);
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(keys, "tls.csr"), CertificateFactory.SigningRequest(key, site, request.Gateway));
        var card = MemberCard.Create(site, GatewayCertificate.FingerprintOf(certificate), request.Gateway, identity.Signer);
        string cardFile = MemberCard.FileOf(data, site), configuration = Path.Combine(data, "site.conf");
        CeremonyFile.Write(cardFile, card);
        bool fresh = !File.Exists(configuration);
        if (fresh)
            File.WriteAllText(configuration, Configuration(request, site));
        terminal.Out.WriteLine($"keys of {site}, encrypted: {keys}; keep a copy in another safe place, and the passphrase in a third");
        terminal.Out.WriteLine($"TLS certificate, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}: {certificateFile}; for a CA of your own have tls.csr beside it signed, and replace it");
        terminal.Out.WriteLine($"member card, for the other members: {cardFile}");
        terminal.Out.WriteLine($"member key, to be compared over another way: {card.Key}");
        terminal.Out.WriteLine($"configuration{(fresh ? "" : ", left as it was")}: {configuration}");
        return ExitCode.Ok;
    }

    private static SiteIdentity Protect(string data, string passphrase)
    {
        try
        {
            return SiteIdentity.Protect(data, passphrase);
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not KeyFileException)
        {
            throw new CommandFailedException($"no keys can be kept below '{data}': {e.Message.TrimEnd('.')}; name another folder by --data", e);
        }
    }

    private static X509Certificate2 Certify(InitRequest request, string site, ECDsa key, string passphrase)
    {
        if (request.CaFolder is not { } folder)
            return CertificateFactory.SelfSigned(key, site, request.Gateway, DateTimeOffset.UtcNow);
        try
        {
            using var ca = X509Certificate2.CreateFromEncryptedPemFile(
                Path.Combine(folder, CaCertificate), Passphrase.Find(request.CaPassphraseFile) ?? passphrase, Path.Combine(folder, CaKey));
            return CertificateFactory.Issue(ca, key, site, request.Gateway, DateTimeOffset.UtcNow);
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            throw new CommandFailedException(
                $"the CA in '{folder}' cannot be used: {e.Message.TrimEnd('.')}; 'pipeline init --trial-ca {folder}' makes one, and --ca-passphrase-file opens it", e);
        }
    }

    private static string Configuration(InitRequest request, string site)
    {
        string passphrase = request.PassphraseFile is { } file ? $"\n    passphrase-file = {Quote(Path.GetFullPath(file))}" : "";
        string listen = request.Listen is { } address ? $"\n    listen = {Quote(address)}" : "";
        string ca = request.CaFolder is { } folder ? $"\n    trusted-ca = {Quote(Path.GetFullPath(Path.Combine(folder, CaCertificate)))}" : "";
        return $$"""
            # Site {{site}}, as 'pipeline init' made it. Chains are added by 'pipeline chain join'; 'pipeline config reference' explains every key.
            pipeline {
              site {
                name = "{{site}}"
                data-directory = {{Quote(Path.GetFullPath(request.DataDirectory!))}}{{passphrase}}
              }
              dicom {
                # All addresses of this machine; better that of the imaging network alone.
                host = "0.0.0.0"
                port = {{request.DicomPort}}
              }
              gateway {
                enabled = on{{listen}}{{ca}}
              }
            }

            """;
    }

    private static string Quote(string text) => '"' + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + '"';
}
