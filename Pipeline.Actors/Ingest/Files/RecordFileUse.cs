using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// One use of a file that is used again, as the first 32 bytes of the file name it: 8 of magic, the number of the use i64, the seed of its records u64, and
/// XXH3 of these u64, little endian. Within one sector, so that a power cut leaves the old or the new whole.
/// </summary>
/// <param name="Number">Another for each use of a file.</param>
/// <param name="Seed">See <see cref="RecordFrame"/>.</param>
internal readonly record struct RecordFileUse(long Number, ulong Seed)
{
    public const int Length = 32;

    private static ReadOnlySpan<byte> Magic => "PLRECS\u0000\u0001"u8;

    public static RecordFileUse Draw(long number) => new(number, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));

    /// <summary>Of a file's first bytes; null where they name no use.</summary>
    public static RecordFileUse? Read(IReadableFile file)
    {
        Span<byte> header = stackalloc byte[Length];
        if (file.Length < Length || file.Read(0, header) < Length || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt64LittleEndian(header[24..]) != XxHash3.HashToUInt64(header[..24]))
            return null;
        return new RecordFileUse(BinaryPrimitives.ReadInt64LittleEndian(header[8..]), BinaryPrimitives.ReadUInt64LittleEndian(header[16..]));
    }

    public byte[] Encode()
    {
        byte[] header = new byte[Length];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), Number);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), Seed);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), XxHash3.HashToUInt64(header.AsSpan(0, 24)));
        return header;
    }
}
