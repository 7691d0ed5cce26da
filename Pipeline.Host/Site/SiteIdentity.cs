using System.Security.Cryptography;
using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Site;

/// <summary>
/// A site's two secrets: the member key that signs for the institution on every chain, and the site key under which identifiers become
/// pseudonyms. They live in <c>DATA/keys</c>, readable by the owner alone, and are made on first use.
/// </summary>
public sealed class SiteIdentity : IDisposable
{
    private SiteIdentity(Ed25519Signer signer, SiteKey siteKey, string trainingSecret)
    {
        Signer = signer;
        SiteKey = siteKey;
        TrainingSecret = trainingSecret;
    }

    public Ed25519Signer Signer { get; }

    public SiteKey SiteKey { get; }

    /// <summary>Seeds batches, rounding and salts; derived from the site key, never shown to anyone.</summary>
    public string TrainingSecret { get; }

    /// <exception cref="IOException">The folder cannot be written, or a key file is not 32 bytes.</exception>
    public static SiteIdentity LoadOrCreate(string dataDirectory) => Load(
        dataDirectory,
        () => RandomNumberGenerator.GetBytes(Ed25519Signer.SeedSize),
        () => RandomNumberGenerator.GetBytes(Ed25519Signer.SeedSize));

    /// <summary>Keys that were drawn elsewhere; kept in the folder like any others. Keys already there win.</summary>
    /// <param name="memberSeed">32 bytes (RFC 8032 §5.1.5).</param>
    /// <param name="siteKey">32 bytes.</param>
    public static SiteIdentity Create(string dataDirectory, byte[] memberSeed, byte[] siteKey) =>
        Load(dataDirectory, () => memberSeed, () => siteKey);

    public void Dispose() => Signer.Dispose();

    private static SiteIdentity Load(string dataDirectory, Func<byte[]> drawMember, Func<byte[]> drawSite)
    {
        string folder = Path.Combine(dataDirectory, "keys");
        Directory.CreateDirectory(folder);
        byte[] seed = Secret(Path.Combine(folder, "member.key"), drawMember);
        byte[] pseudonyms = Secret(Path.Combine(folder, "site.key"), drawSite);
        var identity = new SiteIdentity(
            Ed25519Signer.FromSeed(seed), new SiteKey(pseudonyms),
            Convert.ToHexStringLower(HMACSHA256.HashData(pseudonyms, "training"u8)));
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(pseudonyms);
        return identity;
    }

    private static byte[] Secret(string path, Func<byte[]> draw)
    {
        if (File.Exists(path))
        {
            byte[] existing = File.ReadAllBytes(path);
            return existing.Length == Ed25519Signer.SeedSize
                ? existing
                : throw new IOException($"{path} holds {existing.Length} bytes where a key has {Ed25519Signer.SeedSize}; restore it from a backup");
        }

        byte[] secret = draw();
        string temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(secret);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: false);
        return secret;
    }
}
