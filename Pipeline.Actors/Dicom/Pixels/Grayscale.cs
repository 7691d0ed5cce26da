using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Gray values of a decoded frame: stored values of a gray image, luminance of a color one (PS3.3 C.7.6.3.1.2).</summary>
public static class Grayscale
{
    /// <param name="dataSet">Holds the palette, where there is one.</param>
    public static Outcome<NativeFrame> Of(NativePixels pixels, DicomDataSet dataSet)
    {
        PixelFormat format = pixels.Format;
        if (dataSet.Contains(DicomTags.FloatPixelData) || dataSet.Contains(DicomTags.DoubleFloatPixelData) || format.BitsAllocated == 64)
            return new Fault("Floating-point pixels have no gray scale of their own.");
        ReadOnlySpan<byte> bytes = pixels.Bytes.Span;
        switch (format.Photometric)
        {
            case Photometric.Monochrome1 or Photometric.Monochrome2 when format.Samples == 1:
                return new NativeFrame(
                    format.Rows, format.Columns, format.BitsStored, format.Signed, format.Photometric == Photometric.Monochrome1, Values(bytes, format, 0, 1));
            case Photometric.PaletteColor when format.Samples == 1:
                Outcome<Palette> palette = Palette.Read(dataSet);
                return palette.Ok
                    ? Color(format with { BitsStored = Palette.Bits }, Array.ConvertAll(Values(bytes, format, 0, 1), palette.Value.Luminance))
                    : palette.Fault;
            case Photometric.Rgb when format.Samples == 3:
                return Color(format, Luminance(bytes, format));
            case Photometric.YbrFull when format.Samples == 3:
                return Color(format, Values(bytes, format, 0, 3));
            case Photometric.YbrFull422 when format is { Samples: 3, BitsAllocated: 8 }:
                return Color(format, Shared(bytes, format));
            case Photometric.YbrPartial422 when format is { Samples: 3, BitsAllocated: 8 }:
                return Color(format, Array.ConvertAll(bytes.Length < format.FrameSamples ? Shared(bytes, format) : Values(bytes, format, 0, 3), FullRange));
            case Photometric.YbrPartial420 when format is { Samples: 3, BitsAllocated: 8 }:
                return Color(format, Array.ConvertAll(Values(bytes, format, 0, 3), FullRange));
            default:
                return new Fault($"{format.Samples} samples of {format.BitsAllocated} bits with this photometric interpretation have no gray scale here.");
        }
    }

    private static NativeFrame Color(PixelFormat format, int[] values) =>
        new(format.Rows, format.Columns, format.BitsStored, Signed: false, Inverted: false, values, FromColor: true);

    private static int FullRange(int y) => Math.Clamp((y - 16) * 255 / 219, 0, 255);

    private static int[] Luminance(ReadOnlySpan<byte> bytes, PixelFormat format)
    {
        int[] red = Values(bytes, format, 0, 3), green = Values(bytes, format, 1, 3), blue = Values(bytes, format, 2, 3);
        for (int i = 0; i < red.Length; i++)
            red[i] = Bt601(red[i], green[i], blue[i]);
        return red;
    }

    /// <summary>0.299 R + 0.587 G + 0.114 B, rounded.</summary>
    internal static int Bt601(long red, long green, long blue) => (int)((299 * red + 587 * green + 114 * blue + 500) / 1000);

    /// <summary>Luminance of Y1 Y2 CB CR.</summary>
    private static int[] Shared(ReadOnlySpan<byte> bytes, PixelFormat format)
    {
        int[] values = new int[format.Rows * format.Columns];
        for (int i = 0; i < values.Length; i++)
            values[i] = bytes[i / 2 * 4 + i % 2];
        return values;
    }

    /// <summary>One sample of each pixel.</summary>
    private static int[] Values(ReadOnlySpan<byte> bytes, PixelFormat format, int sample, int samples)
    {
        int[] values = new int[format.Rows * format.Columns];
        if (format.BitsAllocated == 1)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = (bytes[i >> 3] >> (i & 7)) & 1;
            return values;
        }
        // Shift the high bit to the top and back: drops overlays above and whatever lies below, and extends the sign.
        int left = 31 - format.HighBit, right = 32 - format.BitsStored;
        for (int i = 0, at = sample; i < values.Length; i++, at += samples)
        {
            uint raw = format.BitsAllocated switch
            {
                8 => bytes[at],
                12 => Packed12(bytes, at),
                16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * at)..]),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * at)..]),
            };
            raw <<= left;
            values[i] = format.Signed ? (int)raw >> right : (int)Math.Min(int.MaxValue, raw >> right);
        }
        return values;
    }

    /// <summary>Two values in three bytes, least significant first (ACR-NEMA).</summary>
    private static uint Packed12(ReadOnlySpan<byte> bytes, int index)
    {
        int at = index / 2 * 3;
        return index % 2 == 0 ? (uint)(bytes[at] | ((bytes[at + 1] & 0x0F) << 8)) : (uint)((bytes[at + 1] >> 4) | (bytes[at + 2] << 4));
    }
}
