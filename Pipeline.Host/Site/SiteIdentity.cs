using System.Security.Cryptography;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Ceremony;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Site;

/// <summary>
/// A site's two secrets: the member key that signs for the institution on every chain, and the site key under which identifiers become
/// pseudonyms. They live in <c>DATA/keys</c>, readable by the owner alone, encrypted where <c>pipeline init</c> made them, and are made on first use.
/// </summary>
public sealed class SiteIdentity : IDisposable
{
    private const string MemberPurpose = "member key", SitePurpose = "site key";

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

    /// <param name="passphrase">Opens encrypted keys, and encrypts those made now; null where they are bare.</param>
    /// <exception cref="IOException">The folder cannot be written, or a key file cannot be used; the message says why.</exception>
    public static SiteIdentity LoadOrCreate(string dataDirectory, string? passphrase = null) => Load(
        dataDirectory,
        () => RandomNumberGenerator.GetBytes(Ed25519Signer.SeedSize),
        () => RandomNumberGenerator.GetBytes(Ed25519Signer.SeedSize), passphrase);

    /// <summary>Keys that were drawn elsewhere; kept in the folder like any others. Keys already there win.</summary>
    /// <param name="memberSeed">32 bytes (RFC 8032 §5.1.5).</param>
    /// <param name="siteKey">32 bytes.</param>
    public static SiteIdentity Create(string dataDirectory, byte[] memberSeed, byte[] siteKey) =>
        Load(dataDirectory, () => memberSeed, () => siteKey, null);

    /// <summary>Whether the site has a member key.</summary>
    public static bool Exists(string dataDirectory) => File.Exists(MemberFile(dataDirectory));

    /// <summary>Whether the site's keys are there and encrypted.</summary>
    public static bool IsProtected(string dataDirectory) =>
        Exists(dataDirectory) && SealedSecret.IsSealed(File.ReadAllBytes(MemberFile(dataDirectory)));

    /// <summary>Encrypts bare keys in place, or makes encrypted ones.</summary>
    /// <exception cref="IOException">The folder cannot be written, or a key file cannot be used.</exception>
    public static SiteIdentity Protect(string dataDirectory, string passphrase)
    {
        foreach (var (file, purpose) in new[] { (MemberFile(dataDirectory), MemberPurpose), (SiteFile(dataDirectory), SitePurpose) })
        {
            if (!File.Exists(file) || File.ReadAllBytes(file) is not { Length: Ed25519Signer.SeedSize } bare)
                continue;
            OwnerFile.Write(file, SealedSecret.Seal(bare, purpose, passphrase), replace: true);
            CryptographicOperations.ZeroMemory(bare);
        }

        return LoadOrCreate(dataDirectory, passphrase);
    }

    public void Dispose() => Signer.Dispose();

    private static string MemberFile(string dataDirectory) => Path.Combine(dataDirectory, "keys", "member.key");

    private static string SiteFile(string dataDirectory) => Path.Combine(dataDirectory, "keys", "site.key");

    private static SiteIdentity Load(string dataDirectory, Func<byte[]> drawMember, Func<byte[]> drawSite, string? passphrase)
    {
        Directory.CreateDirectory(Path.Combine(dataDirectory, "keys"));
        byte[] seed = Secret(MemberFile(dataDirectory), MemberPurpose, drawMember, passphrase);
        byte[] pseudonyms = Secret(SiteFile(dataDirectory), SitePurpose, drawSite, passphrase);
        var identity = new SiteIdentity(
            Ed25519Signer.FromSeed(seed), new SiteKey(pseudonyms),
            Convert.ToHexStringLower(HMACSHA256.HashData(pseudonyms, "training"u8)));
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(pseudonyms);
        return identity;
    }

    private static byte[] Secret(string path, string purpose, Func<byte[]> draw, string? passphrase)
    {
        if (File.Exists(path))
            return Open(path, File.ReadAllBytes(path), purpose, passphrase);
        byte[] secret = draw();
        OwnerFile.Write(path, passphrase is null ? secret : SealedSecret.Seal(secret, purpose, passphrase), replace: false);
        return secret;
    }

    private static byte[] Open(string path, byte[] file, string purpose, string? passphrase)
    {
        if (!SealedSecret.IsSealed(file))
        {
            return file.Length == Ed25519Signer.SeedSize
                ? file
                : throw new IOException($"{path} holds {file.Length} bytes where a key has {Ed25519Signer.SeedSize}; restore it from a backup");
        }

        if (passphrase is null)
            throw new IOException($"{path} is encrypted: set {Passphrase.Variable}, or pipeline.site.passphrase-file");
        if (!SealedSecret.TryOpen(file, purpose, passphrase, out byte[]? secret, out string? fault))
            throw new IOException($"{path} cannot be opened: {fault}");
        return secret.Length == Ed25519Signer.SeedSize ? secret : throw new IOException($"{path} holds {secret.Length} bytes where a key has {Ed25519Signer.SeedSize}");
    }
}
