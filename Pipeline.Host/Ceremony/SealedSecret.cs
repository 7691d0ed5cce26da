using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Pipeline.Ledger.Codec;

namespace Pipeline.Host.Ceremony;

/// <summary>
/// A secret of at most <see cref="MaxBytes"/> bytes at rest: XChaCha20-Poly1305 under a key that Argon2id (RFC 9106) derives from a passphrase. What
/// the secret is for is authenticated with it, so that no file can stand in for another.
/// </summary>
internal sealed record SealedSecret(string Purpose, int MemoryKiB, int Passes, byte[] Salt, byte[] Nonce, byte[] Sealed) : ICanonical<SealedSecret>
{
    public const int MaxBytes = 4096;
    private const string Magic = "pipeline/sealed/1";
    private const int SaltSize = 16, NonceSize = 24, MaxPurpose = 64;

    // The first of the settings that OWASP's Password Storage Cheat Sheet holds equal: 46 MiB, one pass.
    private const int OwnMemoryKiB = 46 * 1024, OwnPasses = 1;

    private static readonly AeadAlgorithm Aead = AeadAlgorithm.XChaCha20Poly1305;

    /// <summary>Whether a file is a sealed secret rather than a bare one.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> file) => file.IndexOf(Encoding.ASCII.GetBytes(Magic)) is >= 0 and < 8;

    public static byte[] Seal(ReadOnlySpan<byte> secret, string purpose, string passphrase)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltSize), nonce = RandomNumberGenerator.GetBytes(NonceSize);
        using var key = Derive(passphrase, salt, OwnMemoryKiB, OwnPasses);
        return Canonical.Encode(new SealedSecret(
            purpose, OwnMemoryKiB, OwnPasses, salt, nonce, Aead.Encrypt(key, nonce, Encoding.UTF8.GetBytes(purpose), secret)));
    }

    /// <returns>False with what to do about it.</returns>
    public static bool TryOpen(byte[] file, string purpose, string passphrase, [NotNullWhen(true)] out byte[]? secret, [NotNullWhen(false)] out string? fault)
    {
        secret = null;
        if (!Canonical.TryDecode<SealedSecret>(file, out var value, out fault))
            return false;
        if (value.Purpose != purpose)
        {
            fault = $"it holds the {value.Purpose}, not the {purpose}";
            return false;
        }

        using var key = Derive(passphrase, value.Salt, value.MemoryKiB, value.Passes);
        secret = Aead.Decrypt(key, value.Nonce, Encoding.UTF8.GetBytes(purpose), value.Sealed);
        fault = secret is null ? "the passphrase is wrong, or the file was altered" : null;
        return secret is not null;
    }

    public void WriteTo(CanonicalWriter writer) => writer.Array(7).Text(Magic).Text(Purpose).Int(MemoryKiB).Int(Passes).Bytes(Salt).Bytes(Nonce).Bytes(Sealed).EndArray();

    public static SealedSecret ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        if (reader.Text(Magic.Length) != Magic)
            throw new CanonicalFormatException("not a sealed secret of this version");
        var value = new SealedSecret(
            reader.Text(MaxPurpose), reader.Int32(8, 1 << 20), reader.Int32(1, 64), reader.FixedBytes(SaltSize), reader.FixedBytes(NonceSize),
            reader.Bytes(MaxBytes + 64));
        reader.EndArray();
        return value;
    }

    private static Key Derive(string passphrase, byte[] salt, int memoryKiB, int passes)
    {
        var argon2 = PasswordBasedKeyDerivationAlgorithm.Argon2id(new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = memoryKiB, NumberOfPasses = passes });
        return argon2.DeriveKey(passphrase, salt, Aead);
    }
}
