using System.Buffers.Binary;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>
/// Text that a JPEG, JPEG-LS or JPEG 2000 stream carries beside the image: comments, Exif, vendor segments. It is zeroed where it stands, so no length
/// and no offset table changes.
/// </summary>
internal static class CompressedMetadata
{
    private const byte Comment = 0xFE;
    private const byte StartOfScan = 0xDA;
    private const byte Jpeg2000Comment = 0x64;
    private const byte StartOfTile = 0x90;

    /// <summary>Segments decoders need: JFIF, SPIFF and color transform, Adobe color transform.</summary>
    private static readonly byte[] NeededSegments = [0xE0, 0xE8, 0xEE];

    /// <summary>The fragment itself where it holds no such text.</summary>
    public static ReadOnlyMemory<byte> Clean(ReadOnlyMemory<byte> fragment)
    {
        ReadOnlySpan<byte> span = fragment.Span;
        if (span.Length < 4 || span[0] != 0xFF || span[1] is not (0xD8 or 0x4F))
            return fragment;
        bool wavelets = span[1] == 0x4F;
        byte[]? cleaned = null;
        for (int at = 2; at + 4 <= span.Length && span[at] == 0xFF;)
        {
            byte marker = span[at + 1];
            int length = BinaryPrimitives.ReadUInt16BigEndian(span[(at + 2)..]);
            if (length < 2 || at + 2 + length > span.Length || marker == (wavelets ? StartOfTile : StartOfScan))
                break;
            bool text = wavelets ? marker == Jpeg2000Comment : marker == Comment || (marker is >= 0xE0 and <= 0xEF && !NeededSegments.Contains(marker));
            if (text)
            {
                cleaned ??= fragment.ToArray();
                // A JPEG 2000 comment begins with what kind of text it is.
                int keep = wavelets ? Math.Min(2, length - 2) : 0;
                cleaned.AsSpan(at + 4 + keep, length - 2 - keep).Clear();
            }
            at += 2 + length;
        }
        return cleaned ?? fragment;
    }
}
