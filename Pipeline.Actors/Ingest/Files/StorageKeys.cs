using System.Globalization;
using System.Security.Cryptography;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// The keys under which spool, quarantine and samples are encrypted at rest. The first one seals; the others open what was sealed before it came. None: nothing
/// is sealed.
/// </summary>
public sealed class StorageKeys
{
    /// <summary>AES-256.</summary>
    public const int KeyLength = 32;

    private readonly (uint Id, byte[] Key)[] _keys;

    /// <param name="keys">32 bytes each, the newest first.</param>
    /// <param name="seals">Whether new records are sealed.</param>
    /// <exception cref="ArgumentException">A key has another length.</exception>
    public StorageKeys(IReadOnlyList<byte[]> keys, bool seals)
    {
        if (keys.FirstOrDefault(key => key.Length != KeyLength) is { } wrong)
            throw new ArgumentException($"A storage key has {KeyLength} bytes; got {wrong.Length}.", nameof(keys));
        if (seals && keys.Count == 0)
            throw new ArgumentException("Without a key nothing can be sealed.", nameof(keys));
        _keys = [.. keys.Select(key => (IdOf(key), key))];
        Seals = seals;
    }

    public static StorageKeys None { get; } = new([], seals: false);

    /// <summary>Whether new records are sealed.</summary>
    public bool Seals { get; }

    /// <summary>The key that seals.</summary>
    internal (uint Id, byte[] Key) Newest => _keys[0];

    /// <summary>Reads keys, 64 hex digits each, between commas or line ends; what follows a <c>#</c> is a comment. Null when one is no key.</summary>
    public static IReadOnlyList<byte[]>? Parse(string text)
    {
        var keys = new List<byte[]>();
        foreach (string line in text.Split('\n'))
        {
            foreach (string part in line.Split('#')[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (part.Length != 2 * KeyLength || !part.All(char.IsAsciiHexDigit))
                    return null;
                keys.Add(Convert.FromHexString(part));
            }
        }
        return keys;
    }

    /// <summary>A seal for one kind of file, under a key of its own derived for it (RFC 5869): a record put into another kind does not open.</summary>
    /// <param name="purpose">Names the kind: <c>spool</c>, <c>samples/chest-xray</c>.</param>
    internal IRecordSeal For(string purpose) => new AesGcmSeal(this, purpose);

    internal byte[]? Find(uint id)
    {
        foreach ((uint held, byte[] key) in _keys)
        {
            if (held == id)
                return key;
        }
        return null;
    }

    internal static string NameOf(uint id) => id.ToString("x8", CultureInfo.InvariantCulture);

    private static uint IdOf(byte[] key) => BitConverter.ToUInt32(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, sizeof(uint), info: "key id"u8.ToArray()));
}
