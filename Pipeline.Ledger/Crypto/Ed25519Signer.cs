using NSec.Cryptography;

namespace Pipeline.Ledger.Crypto;

/// <summary>A member's Ed25519 private key (RFC 8032, by libsodium). The key bytes live in guarded native memory until disposed.</summary>
public sealed class Ed25519Signer : ISigner, IDisposable
{
    public const int SignatureSize = 64;
    public const int SeedSize = 32;

    private readonly Key _key;

    private Ed25519Signer(Key key)
    {
        _key = key;
        PublicKey = new MemberPublicKey(new Digest(key.PublicKey.Export(KeyBlobFormat.RawPublicKey)));
    }

    public MemberPublicKey PublicKey { get; }

    public static Ed25519Signer Create() =>
        new(Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <param name="seed">32 bytes (RFC 8032 §5.1.5).</param>
    public static Ed25519Signer FromSeed(ReadOnlySpan<byte> seed) =>
        new(Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey,
            new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <summary>The 32-byte seed, for the key file alone.</summary>
    public byte[] ExportSeed() => _key.Export(KeyBlobFormat.RawPrivateKey);

    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    public void Dispose() => _key.Dispose();
}
