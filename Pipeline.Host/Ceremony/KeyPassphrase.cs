using System.Security.Cryptography;
using Pipeline.Host.Commands;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Ceremony;

/// <summary><c>pipeline key passphrase</c>: the same keys under another passphrase.</summary>
internal static class KeyPassphrase
{
    /// <param name="newPassphraseFile">Its first line is the new passphrase.</param>
    public static Task<int> ChangeAsync(CeremonySite site, string newPassphraseFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        string passphrase = Passphrase.Demand(newPassphraseFile);
        if (!SiteIdentity.Exists(site.DataDirectory))
            throw new CommandFailedException($"there are no keys below '{site.DataDirectory}'; 'pipeline init SITE --data {site.DataDirectory}' makes them");
        var taken = DataDirectoryLock.Take(site.DataDirectory);
        if (!taken.Ok)
            throw new CommandFailedException(taken.Fault.Message);
        using var held = taken.Value;
        string? old = Passphrase.Find(site.PassphraseFile);
        // Everything is opened before anything is written. A file that a run before this one has come to already opens with the new passphrase.
        var files = KeyFile.All(site.DataDirectory).Select(file => (File: file, Secret: Open(file, old, passphrase))).ToArray();
        string tlsFile = Path.Combine(KeyFile.Folder(site.DataDirectory), "tls.key");
        using var tls = File.Exists(tlsFile) ? OpenTls(tlsFile, old, passphrase) : null;
        foreach (var (file, secret) in files)
        {
            file.Write(secret, passphrase, replace: true);
            CryptographicOperations.ZeroMemory(secret);
        }

        if (tls is not null)
            OwnerFile.Write(tlsFile, System.Text.Encoding.ASCII.GetBytes(CertificateFactory.Encrypt(tls, passphrase)), replace: true);
        int count = files.Length + (tls is null ? 0 : 1);
        terminal.Out.WriteLine($"{count} keys in {KeyFile.Folder(site.DataDirectory)} open with the new passphrase alone; copies of them open with the old one still");
        return ExitCode.Ok;
    }, stop);

    private static byte[] Open(KeyFile file, string? old, string passphrase)
    {
        try
        {
            return file.Open(old);
        }
        catch (IOException e)
        {
            try
            {
                return file.Open(passphrase);
            }
            catch (IOException)
            {
                throw new CommandFailedException(e.Message, e);
            }
        }
    }

    private static ECDsa OpenTls(string file, string? old, string passphrase)
    {
        string pem = File.ReadAllText(file);
        foreach (string candidate in new[] { old, passphrase }.OfType<string>())
        {
            var key = ECDsa.Create();
            try
            {
                if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
                    key.ImportFromEncryptedPem(pem, candidate);
                else
                    key.ImportFromPem(pem);
                return key;
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        throw new CommandFailedException($"{file} cannot be opened: the passphrase is wrong, or it is no ECDSA key of 'pipeline init'; nothing was changed");
    }
}
