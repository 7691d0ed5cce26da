using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Red, Green and Blue Palette Color Lookup Tables (PS3.3 C.7.6.3.1.5, segmented C.7.9.2), scaled to 16 bits.</summary>
internal sealed class Palette
{
    /// <summary>Bits of what <see cref="Luminance"/> gives.</summary>
    public const ushort Bits = 16;

    private readonly int _first;
    private readonly int[] _luminance;

    private Palette(int first, int[] luminance) => (_first, _luminance) = (first, luminance);

    /// <summary>Luminance of a stored value, 0–65535; values outside the table take its first or last entry.</summary>
    public int Luminance(int value) => _luminance[Math.Clamp(value - _first, 0, _luminance.Length - 1)];

    public static Outcome<Palette> Read(DicomDataSet dataSet)
    {
        (DicomTag Descriptor, DicomTag Data, DicomTag Segmented)[] tables =
        [
            (DicomTags.RedPaletteColorLookupTableDescriptor, DicomTags.RedPaletteColorLookupTableData, DicomTags.SegmentedRedPaletteColorLookupTableData),
            (DicomTags.GreenPaletteColorLookupTableDescriptor, DicomTags.GreenPaletteColorLookupTableData,
                DicomTags.SegmentedGreenPaletteColorLookupTableData),
            (DicomTags.BluePaletteColorLookupTableDescriptor, DicomTags.BluePaletteColorLookupTableData,
                DicomTags.SegmentedBluePaletteColorLookupTableData),
        ];
        int[]?[] entries = new int[]?[3];
        int first = 0;
        for (int i = 0; i < tables.Length; i++)
        {
            (DicomTag descriptor, DicomTag data, DicomTag segmented) = tables[i];
            if (dataSet.Find(descriptor) is not { Value.Length: >= 6 } said)
                return new Fault($"The palette descriptor {descriptor} is missing.");
            int count = BinaryPrimitives.ReadUInt16LittleEndian(said.Value.Span) is > 0 and var length ? length : 65536;
            int bits = said.Value.Span[4];
            first = dataSet.Int(DicomTags.PixelRepresentation) == 1
                ? BinaryPrimitives.ReadInt16LittleEndian(said.Value.Span[2..]) : BinaryPrimitives.ReadUInt16LittleEndian(said.Value.Span[2..]);
            entries[i] = dataSet.Find(data) is { Value.IsEmpty: false } plain ? Plain(plain.Value.Span, count, bits)
                : dataSet.Find(segmented) is { Value.IsEmpty: false } segments ? PaletteSegments.Expand(segments.Value.Span, count, bits) : null;
            if (entries[i] is null)
                return new Fault($"The palette {data} is missing or shorter than its descriptor says.");
        }
        int[] red = entries[0]!, green = entries[1]!, blue = entries[2]!;
        int[] luminance = new int[Math.Min(red.Length, Math.Min(green.Length, blue.Length))];
        for (int i = 0; i < luminance.Length; i++)
            luminance[i] = Grayscale.Bt601(red[i], green[i], blue[i]);
        return new Palette(first, luminance);
    }

    /// <summary>16-bit entries, or 8-bit ones in bytes or, as many writers do, each in a word.</summary>
    private static int[]? Plain(ReadOnlySpan<byte> data, int count, int bits)
    {
        bool words = data.Length >= 2 * count;
        if (bits is not (8 or 16) || data.Length < count || (bits == 16 && !words))
            return null;
        int[] entries = new int[count];
        for (int i = 0; i < count; i++)
            entries[i] = words ? BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]) : data[i];
        return ScaledTo16(entries, bits);
    }

    /// <summary>8-bit entries are spread over 16 bits; some writers have put them into the high byte already.</summary>
    internal static int[] ScaledTo16(int[] entries, int bits)
    {
        if (bits == 8 && entries.Max() <= 0xFF)
        {
            for (int i = 0; i < entries.Length; i++)
                entries[i] *= 0x101;
        }
        return entries;
    }
}
