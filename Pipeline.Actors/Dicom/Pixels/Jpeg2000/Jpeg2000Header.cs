using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg2000;

/// <summary>The SIZ segment of a JPEG 2000 code stream (ISO/IEC 15444-1 A.5.1), looked at before a native decoder allocates by it.</summary>
/// <param name="IsFile">The code stream is wrapped in JP2 boxes.</param>
/// <param name="Precision">Bits of the first component.</param>
internal sealed record Jpeg2000Header(bool IsFile, long Width, long Height, int Components, int Precision, long Tiles)
{
    /// <summary>Bytes that a tile takes at least: SOT and SOD.</summary>
    public const int MinTileBytes = 14;

    private const int SizLength = 38;

    public static Outcome<Jpeg2000Header> Read(ReadOnlySpan<byte> stream)
    {
        bool isFile = stream.Length > 12 && stream[4..8].SequenceEqual("jP  "u8);
        int at = isFile ? stream.IndexOf([(byte)0xFF, (byte)0x4F, (byte)0xFF, (byte)0x51]) : 0;
        if (at < 0 || stream.Length < at + 4 + SizLength || stream[at] != 0xFF || stream[at + 1] != 0x4F || stream[at + 3] != 0x51)
            return new Fault("The frame does not begin with a JPEG 2000 code stream and its size.", 0);
        ReadOnlySpan<byte> siz = stream[(at + 4)..];
        uint right = UInt32(siz, 4), bottom = UInt32(siz, 8), left = UInt32(siz, 12), top = UInt32(siz, 16);
        uint tileWidth = UInt32(siz, 20), tileHeight = UInt32(siz, 24), tileLeft = UInt32(siz, 28), tileTop = UInt32(siz, 32);
        int components = BinaryPrimitives.ReadUInt16BigEndian(siz[36..]);
        if (right <= left || bottom <= top || tileWidth == 0 || tileHeight == 0 || tileLeft > left || tileTop > top || components == 0
            || siz.Length < SizLength + 3 * components)
            return new Fault("The JPEG 2000 size segment contradicts itself.", at + 2);
        long tiles = (((long)right - tileLeft + tileWidth - 1) / tileWidth) * (((long)bottom - tileTop + tileHeight - 1) / tileHeight);
        return new Jpeg2000Header(isFile, right - left, bottom - top, components, (siz[SizLength] & 0x7F) + 1, tiles);
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
