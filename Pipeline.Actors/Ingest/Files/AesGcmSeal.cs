using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) a record: {mark u8, version u8, key id u32, nonce (12), ciphertext, tag (16)}, little endian; mark, version and key id are
/// authenticated. The nonce is drawn at random, which a key bears for 2³² records. What was written before sealing was on carries no mark and is passed on.
/// </summary>
internal sealed class AesGcmSeal(StorageKeys keys, string purpose) : IRecordSeal
{
    /// <summary>No record written open begins with it: those begin with a small version number or a brace.</summary>
    private const byte Mark = 0xAE;

    private const byte Version = 1;
    private const int HeadLength = 6;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly ConcurrentDictionary<uint, byte[]> _derived = new();

    public int Overhead => HeadLength + NonceLength + TagLength;

    public static bool IsSealed(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && bytes[0] == Mark;

    public IReadOnlyList<ReadOnlyMemory<byte>> Seal(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        if (!keys.Seals)
            return parts;
        int length = checked((int)parts.Sum(part => (long)part.Length));
        byte[] record = new byte[Overhead + length];
        (uint id, byte[] key) = keys.Newest;
        (record[0], record[1]) = (Mark, Version);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(2), id);
        Span<byte> nonce = record.AsSpan(HeadLength, NonceLength), text = record.AsSpan(HeadLength + NonceLength, length);
        RandomNumberGenerator.Fill(nonce);
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.Span.CopyTo(text[at..]);
            at += part.Length;
        }
        using var cipher = new AesGcm(Derived(id, key), TagLength);
        cipher.Encrypt(nonce, text, text, record.AsSpan(record.Length - TagLength), record.AsSpan(0, HeadLength));
        return [record];
    }

    public ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> record = bytes.Span;
        if (!IsSealed(record))
            return bytes;
        if (record.Length < Overhead || record[1] != Version)
            throw new IOException($"A sealed record of version {(record.Length > 1 ? record[1] : 0)}; this build opens version {Version}.");
        uint id = BinaryPrimitives.ReadUInt32LittleEndian(record[2..]);
        byte[] key = keys.Find(id) ?? throw new IOException($"Records are encrypted under key {StorageKeys.NameOf(id)}, which is not among the storage keys given.");
        byte[] text = new byte[record.Length - Overhead];
        using var cipher = new AesGcm(Derived(id, key), TagLength);
        try
        {
            cipher.Decrypt(record.Slice(HeadLength, NonceLength), record[(HeadLength + NonceLength)..^TagLength], record[^TagLength..], text, record[..HeadLength]);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new IOException($"A record encrypted under key {StorageKeys.NameOf(id)} was changed since, or belongs to another place than {purpose}.");
        }
        return text;
    }

    private byte[] Derived(uint id, byte[] key) => _derived.GetOrAdd(
        id, _ => HKDF.DeriveKey(HashAlgorithmName.SHA256, key, StorageKeys.KeyLength, info: Encoding.UTF8.GetBytes(purpose)));
}
