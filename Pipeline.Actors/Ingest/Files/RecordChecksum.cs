using System.IO.Hashing;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// The checksum of records: CRC-32C, or, in a file that is used again, the lower half of XXH3 with the number of the use as its seed, so that no record of
/// an earlier use passes for one of this.
/// </summary>
internal readonly struct RecordChecksum(long? use)
{
    public uint Of(ReadOnlySpan<byte> bytes) => use is { } seed ? (uint)XxHash3.HashToUInt64(bytes, seed) : Crc32C.Of(bytes);

    public uint Of(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (use is not { } seed)
            return Crc32C.Of(head, tail);
        var hash = new XxHash3(seed);
        hash.Append(head);
        hash.Append(tail);
        return (uint)hash.GetCurrentHashAsUInt64();
    }

    public uint Of(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        if (use is not { } seed)
            return Crc32C.Of(parts);
        var hash = new XxHash3(seed);
        foreach (ReadOnlyMemory<byte> part in parts)
            hash.Append(part.Span);
        return (uint)hash.GetCurrentHashAsUInt64();
    }
}
