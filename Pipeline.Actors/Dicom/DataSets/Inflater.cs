using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Bounded inflating of raw deflate (RFC 1951; PS3.5 A.5), or zlib (RFC 1950), which some writers send instead.</summary>
internal static class Inflater
{
    private const int ChunkSize = 81920;

    /// <param name="limit">Bytes that may come out.</param>
    public static Outcome<ReadOnlyMemory<byte>> Inflate(ReadOnlyMemory<byte> bytes, long limit)
    {
        Outcome<ReadOnlyMemory<byte>> raw = Inflate(bytes, limit, zlib: false);
        bool prefixed = bytes.Length > 2 && (bytes.Span[0] & 0x0F) == 8 && ((bytes.Span[0] << 8) | bytes.Span[1]) % 31 == 0;
        return !raw.Ok && prefixed && Inflate(bytes, limit, zlib: true) is { Ok: true } wrapped ? wrapped : raw;
    }

    private static Outcome<ReadOnlyMemory<byte>> Inflate(ReadOnlyMemory<byte> bytes, long limit, bool zlib)
    {
        using MemoryStream source = MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
        using Stream deflate = zlib ? new ZLibStream(source, CompressionMode.Decompress) : new DeflateStream(source, CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        byte[] buffer = new byte[ChunkSize];
        try
        {
            for (int read; (read = deflate.Read(buffer)) > 0;)
            {
                if (inflated.Length + read > limit)
                    return new Fault($"What is deflated grows beyond the limit of {limit} bytes.", source.Position);
                inflated.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return new Fault("The deflated bytes are damaged.", source.Position);
        }
        return new Outcome<ReadOnlyMemory<byte>>(inflated.GetBuffer().AsMemory(0, (int)inflated.Length), null);
    }
}
