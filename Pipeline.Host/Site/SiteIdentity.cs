using System.Security.Cryptography;
using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Site;

/// <summary>
/// A site's two secrets: the member key that signs for the institution on every chain, and the site key under which identifiers become
/// pseudonyms. They live in <c>DATA/keys</c>, readable by the owner alone, encrypted where <c>pipeline init</c> made them, and are made on first use.
/// </summary>
public sealed class SiteIdentity : IDisposable
{
    private readonly List<Ed25519Signer> _signers;

    private SiteIdentity(List<Ed25519Signer> signers, SiteKey siteKey, string trainingSecret)
    {
        _signers = signers;
        Keys = new MemberKeys([.. signers]);
        SiteKey = siteKey;
        TrainingSecret = trainingSecret;
    }

    /// <summary>The member key; while it is being changed, the old one and the new one.</summary>
    public MemberKeys Keys { get; }

    /// <summary>The member key; while it is being changed, the old one.</summary>
    public ISigner Signer => Keys.All[0];

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
    public static bool Exists(string dataDirectory) => KeyFile.Member(dataDirectory).Exists;

    /// <summary>Whether the site's keys are there and encrypted.</summary>
    public static bool IsProtected(string dataDirectory) => KeyFile.Member(dataDirectory) is { Exists: true, IsSealed: true };

    /// <summary>Encrypts bare keys in place, or makes encrypted ones.</summary>
    /// <exception cref="IOException">The folder cannot be written, or a key file cannot be used.</exception>
    public static SiteIdentity Protect(string dataDirectory, string passphrase)
    {
        foreach (var file in KeyFile.All(dataDirectory).Where(file => !file.IsSealed))
        {
            byte[] bare = file.Open(null);
            file.Write(bare, passphrase, replace: true);
            CryptographicOperations.ZeroMemory(bare);
        }

        return LoadOrCreate(dataDirectory, passphrase);
    }

    public void Dispose() => _signers.ForEach(signer => signer.Dispose());

    /// <summary>Signs from now on where a chain names it; disposed with this.</summary>
    internal void Add(Ed25519Signer signer)
    {
        _signers.Add(signer);
        Keys.Add(signer);
    }

    private static SiteIdentity Load(string dataDirectory, Func<byte[]> drawMember, Func<byte[]> drawSite, string? passphrase)
    {
        Directory.CreateDirectory(KeyFile.Folder(dataDirectory));
        List<Ed25519Signer> signers = [SignerOf(Secret(KeyFile.Member(dataDirectory), drawMember, passphrase))];
        byte[] pseudonyms = Secret(KeyFile.Site(dataDirectory), drawSite, passphrase);
        if (KeyFile.NextMember(dataDirectory) is { Exists: true } next)
            signers.Add(SignerOf(next.Open(passphrase)));
        var identity = new SiteIdentity(signers, new SiteKey(pseudonyms), Convert.ToHexStringLower(HMACSHA256.HashData(pseudonyms, "training"u8)));
        CryptographicOperations.ZeroMemory(pseudonyms);
        return identity;
    }

    private static Ed25519Signer SignerOf(byte[] seed)
    {
        var signer = Ed25519Signer.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return signer;
    }

    private static byte[] Secret(KeyFile file, Func<byte[]> draw, string? passphrase)
    {
        if (file.Exists)
            return file.Open(passphrase);
        byte[] secret = [.. draw()];
        file.Write(secret, passphrase, replace: false);
        return secret;
    }
}
