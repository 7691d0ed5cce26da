using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Uncompressed pixels (PS3.5 8.1.1).</summary>
internal static class UncompressedDecoder
{
    /// <param name="frame">0-based.</param>
    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> value, PixelFormat format, bool bigEndianPixels, int frame)
    {
        long bits = format.NativeFrameBits, from = bits * frame;
        if ((from + bits + 7) / 8 > value.Length)
            return new Fault($"Pixel data has {value.Length} bytes; frame {frame + 1} of {format.Frames} needs {(from + bits + 7) / 8}.", value.Length);
        int length = (int)((bits + 7) / 8);
        ReadOnlyMemory<byte> bytes = from % 8 == 0 ? value.Slice((int)(from / 8), length) : Shifted(value.Span[(int)(from / 8)..], (int)(from % 8), length);
        if (bigEndianPixels && format.SampleBytes > 1)
            bytes = Swapped(bytes, format.SampleBytes);
        return new NativePixels(format with { Planar = false }, Subsampled(format) ? bytes : Interleave.ByPixel(bytes, format));
    }

    private static bool Subsampled(PixelFormat format) => format.Photometric is Photometric.YbrFull422 or Photometric.YbrPartial422;

    /// <summary>A frame of single bits that begins inside a byte.</summary>
    private static byte[] Shifted(ReadOnlySpan<byte> bytes, int shift, int length)
    {
        byte[] output = new byte[length];
        for (int i = 0; i < length; i++)
            output[i] = (byte)((bytes[i] >> shift) | (i + 1 < bytes.Length ? bytes[i + 1] << (8 - shift) : 0));
        return output;
    }

    private static byte[] Swapped(ReadOnlyMemory<byte> bytes, int size)
    {
        byte[] output = bytes.ToArray();
        for (int i = 0; i + size <= output.Length; i += size)
            output.AsSpan(i, size).Reverse();
        return output;
    }
}
