using Pipeline.Host.Ceremony;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Site;

/// <summary>One of a site's secrets of 32 bytes in <c>DATA/keys</c>: sealed under a passphrase, or bare.</summary>
/// <param name="Purpose">Authenticated with the secret, so that no file can stand in for another.</param>
internal sealed record KeyFile(string Path, string Purpose)
{
    private const string MemberPurpose = "member key", SitePurpose = "site key";

    public bool Exists => File.Exists(Path);

    public bool IsSealed => SealedSecret.IsSealed(File.ReadAllBytes(Path));

    public static string Folder(string dataDirectory) => System.IO.Path.Combine(dataDirectory, "keys");

    public static KeyFile Member(string dataDirectory) => new(System.IO.Path.Combine(Folder(dataDirectory), "member.key"), MemberPurpose);

    /// <summary>The member key that a rotation brings, until every chain of the site knows it.</summary>
    public static KeyFile NextMember(string dataDirectory) => new(System.IO.Path.Combine(Folder(dataDirectory), "member.next.key"), MemberPurpose);

    /// <summary>A member key that a rotation has put out of office. Nothing loads it.</summary>
    public static KeyFile RetiredMember(string dataDirectory, MemberPublicKey key) =>
        new(System.IO.Path.Combine(RetiredFolder(dataDirectory), $"{key.Key}.key"), MemberPurpose);

    public static KeyFile Site(string dataDirectory) => new(System.IO.Path.Combine(Folder(dataDirectory), "site.key"), SitePurpose);

    /// <summary>All that are there.</summary>
    public static IEnumerable<KeyFile> All(string dataDirectory)
    {
        string retired = RetiredFolder(dataDirectory);
        var former = Directory.Exists(retired) ? Directory.EnumerateFiles(retired, "*.key").Order(StringComparer.Ordinal).Select(f => new KeyFile(f, MemberPurpose)) : [];
        return new[] { Member(dataDirectory), NextMember(dataDirectory), Site(dataDirectory) }.Concat(former).Where(file => file.Exists);
    }

    /// <returns>32 bytes, the caller's to clear.</returns>
    /// <exception cref="IOException">It cannot be read, or not be opened; the message says why.</exception>
    public byte[] Open(string? passphrase)
    {
        byte[] file = File.ReadAllBytes(Path);
        if (!SealedSecret.IsSealed(file))
            return Sized(file, "; restore it from a backup");
        if (passphrase is null)
            throw new KeyFileException($"{Path} is encrypted: set {Passphrase.Variable}, or pipeline.site.passphrase-file");
        return SealedSecret.TryOpen(file, Purpose, passphrase, out byte[]? secret, out string? fault)
            ? Sized(secret, "")
            : throw new KeyFileException($"{Path} cannot be opened: {fault}{(fault.StartsWith("the passphrase", StringComparison.Ordinal) ? $"; it is that of pipeline.site.passphrase-file, or where that is empty of {Passphrase.Variable}" : "")}");
    }

    /// <param name="passphrase">Null keeps it bare.</param>
    public void Write(byte[] secret, string? passphrase, bool replace) =>
        OwnerFile.Write(Path, passphrase is null ? secret : SealedSecret.Seal(secret, Purpose, passphrase), replace);

    private static string RetiredFolder(string dataDirectory) => System.IO.Path.Combine(Folder(dataDirectory), "retired");

    private byte[] Sized(byte[] secret, string mend) => secret.Length == Ed25519Signer.SeedSize
        ? secret
        : throw new KeyFileException($"{Path} holds {secret.Length} bytes where a key has {Ed25519Signer.SeedSize}{mend}");
}
