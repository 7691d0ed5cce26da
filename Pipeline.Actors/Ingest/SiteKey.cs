using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Actors.Ingest;

/// <summary>
/// The site's secret for pseudonyms: HMAC-SHA256, so the same patient or instance gets the same pseudonym and nobody without the key can test
/// a guess. The key never leaves the site.
/// </summary>
public sealed class SiteKey
{
    public const int MinimumLength = 32;

    private const int LongestShift = 3650;

    private readonly byte[] _secret;

    /// <exception cref="ArgumentException">The secret is shorter than 32 bytes.</exception>
    public SiteKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < MinimumLength)
            throw new ArgumentException($"A site key needs at least {MinimumLength} random bytes; got {secret.Length}.", nameof(secret));
        _secret = secret.ToArray();
    }

    /// <summary>64 hex digits. Values are trimmed of DICOM padding first, so a CSV key and a header value agree.</summary>
    public string Pseudonym(PseudonymKind kind, string value) => Convert.ToHexStringLower(Mac(kind, value));

    /// <summary>A UID that replaces <paramref name="uid"/> consistently: 2.25 and 128 bits of the HMAC (PS3.5 B.2).</summary>
    public string Uid(string uid) => "2.25." + new BigInteger(Mac(PseudonymKind.Uid, uid).AsSpan(0, 16), isUnsigned: true, isBigEndian: true);

    /// <summary>Days by which every date of a patient is moved, −1 … −3650: intervals stay, calendar dates do not (PS3.15 E.3.6).</summary>
    public int DateShift(string patientId) =>
        -1 - (int)(BinaryPrimitives.ReadUInt64BigEndian(Mac(PseudonymKind.DateShift, patientId)) % LongestShift);

    private byte[] Mac(PseudonymKind kind, string value) =>
        HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{(int)kind}:{value.Trim(' ', '\0')}"));
}
