using System.Buffers.Binary;

namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// A whole file of sealed blocks, each {length u32, sealed bytes}; every block begins with its number and whether it is the last, so none can be
/// left out, doubled or moved. It is written and read block by block.
/// </summary>
internal static class SealedFile
{
    private const int BlockBytes = 1 << 20;
    private const int HeadLength = sizeof(int) + 1;
    private const int FrameLength = sizeof(uint);

    /// <summary>The sealed form of some content, to be written as it is taken.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Seal(IEnumerable<ReadOnlyMemory<byte>> content, IRecordSeal seal)
    {
        int number = 0;
        byte[] block = new byte[HeadLength + BlockBytes];
        int filled = 0;
        foreach (ReadOnlyMemory<byte> part in content)
        {
            for (ReadOnlyMemory<byte> rest = part; rest.Length > 0;)
            {
                if (filled == BlockBytes)
                {
                    foreach (ReadOnlyMemory<byte> sealedPart in Block(last: false))
                        yield return sealedPart;
                }
                int count = Math.Min(rest.Length, BlockBytes - filled);
                rest[..count].CopyTo(block.AsMemory(HeadLength + filled));
                filled += count;
                rest = rest[count..];
            }
        }
        foreach (ReadOnlyMemory<byte> sealedPart in Block(last: true))
            yield return sealedPart;

        IEnumerable<ReadOnlyMemory<byte>> Block(bool last)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block, number++);
            block[sizeof(int)] = last ? (byte)1 : (byte)0;
            IReadOnlyList<ReadOnlyMemory<byte>> parts = seal.Seal([block.AsMemory(0, HeadLength + filled)]);
            byte[] frame = new byte[FrameLength];
            BinaryPrimitives.WriteInt32LittleEndian(frame, parts.Sum(part => part.Length));
            filled = 0;
            return [frame, .. parts];
        }
    }

    /// <summary>The content of a sealed file.</summary>
    /// <param name="maxBytes">More is not believed.</param>
    /// <exception cref="IOException">It is damaged, cut off, larger, or sealed under a key that is not held.</exception>
    public static byte[] Open(string path, IRecordSeal seal, long maxBytes)
    {
        using var file = new ReadOnlyFile(path);
        using var content = new MemoryStream();
        byte[] frame = new byte[FrameLength];
        int number = 0;
        for (long at = 0; ;)
        {
            if (file.Read(at, frame) < FrameLength)
                throw new IOException($"{path} is cut off at byte {at}.");
            int length = BinaryPrimitives.ReadInt32LittleEndian(frame);
            if (length < HeadLength || length > HeadLength + BlockBytes + seal.Overhead)
                throw new IOException($"{path} is damaged at byte {at}.");
            byte[] block = new byte[length];
            if (file.Read(at + FrameLength, block) < length)
                throw new IOException($"{path} is cut off at byte {at}.");
            ReadOnlySpan<byte> open = seal.Open(block).Span;
            if (open.Length < HeadLength || BinaryPrimitives.ReadInt32LittleEndian(open) != number++)
                throw new IOException($"{path} is damaged at byte {at}: its blocks are not in order.");
            if (content.Length + open.Length - HeadLength > maxBytes)
                throw new IOException($"{path} holds more than {maxBytes} bytes.");
            content.Write(open[HeadLength..]);
            at += FrameLength + length;
            if (open[sizeof(int)] == 1)
                return content.ToArray();
        }
    }
}
