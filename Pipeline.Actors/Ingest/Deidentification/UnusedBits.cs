using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Old overlays draw their text into bits of a pixel that hold no image (PS3.5 8.1.2, retired): those bits are zeroed.</summary>
internal static class UnusedBits
{
    private const ushort OverlayBitPosition = 0x0102;

    /// <summary>The element itself where no overlay lies in its pixels.</summary>
    public static DicomElement Clear(DicomElement pixels, DicomDataSet image)
    {
        if (image.Int(DicomTags.BitsAllocated) is not 16 || image.Int(DicomTags.BitsStored) is not (>= 1 and < 16 and var stored)
            || image.Int(DicomTags.HighBit) is not { } high || high < stored - 1 || high > 15 || !image.Elements.Any(Embedded))
            return pixels;
        ushort used = (ushort)(((1 << stored) - 1) << (high - stored + 1));
        byte[] bytes = pixels.Value.ToArray();
        for (int at = 0; at + 2 <= bytes.Length; at += 2)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) & used));
        return pixels with { Value = bytes };
    }

    private static bool Embedded(DicomElement element) => element.Tag is { Group: >= 0x6000 and <= 0x60FF, Element: OverlayBitPosition }
        && element.Value.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(element.Value.Span) != 0;
}
