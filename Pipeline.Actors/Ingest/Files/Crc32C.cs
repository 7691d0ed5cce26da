using System.Buffers.Binary;
using System.Numerics;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>CRC-32C (RFC 3720 B.4), by the processor's instruction where it has one.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(uint.MaxValue, bytes) ^ uint.MaxValue;

    public static uint Of(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail) => Append(Append(uint.MaxValue, head), tail) ^ uint.MaxValue;

    public static uint Of(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        uint crc = uint.MaxValue;
        foreach (ReadOnlyMemory<byte> part in parts)
            crc = Append(crc, part.Span);
        return crc ^ uint.MaxValue;
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
