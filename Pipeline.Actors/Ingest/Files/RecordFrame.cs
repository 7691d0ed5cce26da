using System.Buffers.Binary;
using System.IO.Hashing;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// What stands before each record of a log: length u32 and checksum u32, little endian. In a file that is written once the checksum is CRC-32C. In one that
/// is used again it is the lower half of XXH3 with the seed of the use, drawn by lot, and a check u32 of offset, length and checksum follows: no record of
/// an earlier use, nor anything that a sender made up, passes for one of this, and records behind damage can be found.
/// </summary>
/// <param name="seed">Null for a file that is written once.</param>
internal readonly struct RecordFrame(ulong? seed)
{
    /// <summary>In a file that is written once.</summary>
    public const int OnceLength = 8;

    /// <summary>The longest frame.</summary>
    public const int MaxLength = 12;

    public int Length => seed is null ? OnceLength : MaxLength;

    /// <returns>The frame of the record at an offset.</returns>
    public byte[] Of(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts, uint size)
    {
        byte[] frame = new byte[Length];
        uint checksum = Checksum(parts);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, size);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), checksum);
        if (seed is not null)
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Check(offset, size, checksum));
        return frame;
    }

    /// <param name="frame">At least <see cref="Length"/> bytes, as read at the offset.</param>
    /// <returns>False where it is no frame of this use, as far as can be told without its record.</returns>
    public bool TryRead(ReadOnlySpan<byte> frame, long offset, out uint size, out uint checksum)
    {
        size = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        checksum = BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);
        return size > 0 && (seed is null || BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) == Check(offset, size, checksum));
    }

    public uint Checksum(ReadOnlySpan<byte> bytes) => seed is { } value ? (uint)XxHash3.HashToUInt64(bytes, (long)value) : Crc32C.Of(bytes);

    public uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (seed is not { } value)
            return Crc32C.Of(head, tail);
        var hash = new XxHash3((long)value);
        hash.Append(head);
        hash.Append(tail);
        return (uint)hash.GetCurrentHashAsUInt64();
    }

    private uint Checksum(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        if (seed is not { } value)
            return Crc32C.Of(parts);
        var hash = new XxHash3((long)value);
        foreach (ReadOnlyMemory<byte> part in parts)
            hash.Append(part.Span);
        return (uint)hash.GetCurrentHashAsUInt64();
    }

    private uint Check(long offset, uint size, uint checksum)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], checksum);
        return (uint)XxHash3.HashToUInt64(bytes, (long)seed!.Value);
    }
}
