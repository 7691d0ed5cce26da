using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Uncompressed grayscale pixels (PS3.5 8.1.1, PS3.3 C.7.6.3): 8, 16 or 32 bits allocated, any bits stored and high bit within.</summary>
public static class NativeDecoder
{
    private const int MaxPixels = 1 << 28;

    public static Outcome<NativeFrame> Decode(DicomDataSet dataSet, TransferSyntax syntax, int frame)
    {
        if (syntax.Encapsulated)
            return new Fault($"Compressed pixel data ({syntax.Uid}) cannot be decoded here.");
        if (dataSet.Find(DicomTags.PixelData) is not { Fragments: null } pixels)
            return new Fault("No uncompressed pixel data (7FE0,0010).");
        if (dataSet.Int(DicomTags.SamplesPerPixel) is not 1)
            return new Fault("Color images are not learned from: one sample per pixel is needed.");
        string? photometric = dataSet.Text(DicomTags.PhotometricInterpretation);
        if (photometric is not ("MONOCHROME1" or "MONOCHROME2"))
            return new Fault("Photometric interpretation is neither MONOCHROME1 nor MONOCHROME2.");
        int rows = dataSet.Int(DicomTags.Rows) ?? 0, columns = dataSet.Int(DicomTags.Columns) ?? 0;
        if (rows < 1 || columns < 1 || (long)rows * columns > MaxPixels)
            return new Fault($"Rows × columns {rows} × {columns} is outside 1 … {MaxPixels} pixels.");
        int allocated = dataSet.Int(DicomTags.BitsAllocated) ?? 0;
        int stored = dataSet.Int(DicomTags.BitsStored) ?? allocated;
        int high = dataSet.Int(DicomTags.HighBit) ?? stored - 1;
        if (allocated is not (8 or 16 or 32) || stored < 1 || stored > allocated || high >= allocated || high < stored - 1)
            return new Fault($"Bits allocated {allocated}, stored {stored}, high bit {high} do not fit together.");

        int frames = Math.Max(1, dataSet.Int(DicomTags.NumberOfFrames) ?? 1);
        long frameBytes = (long)rows * columns * (allocated / 8);
        if (frame < 0 || frame >= frames)
            return new Fault($"Frame {frame} of {frames}.");
        if ((frame + 1) * frameBytes > pixels.Value.Length)
            return new Fault($"Pixel data has {pixels.Value.Length} bytes; frame {frame} needs {(frame + 1) * frameBytes}.");
        bool signed = dataSet.Int(DicomTags.PixelRepresentation) == 1;
        int[] values = Unpack(pixels.Value.Span.Slice((int)(frame * frameBytes), (int)frameBytes), allocated, stored, high, signed);
        return new NativeFrame(rows, columns, stored, signed, photometric == "MONOCHROME1", values);
    }

    private static int[] Unpack(ReadOnlySpan<byte> bytes, int allocated, int stored, int high, bool signed)
    {
        int size = allocated / 8;
        int[] values = new int[bytes.Length / size];
        // Shift the high bit to the top and back: drops what lies above and below, and extends the sign.
        int left = 31 - high, right = 32 - stored;
        for (int i = 0; i < values.Length; i++)
        {
            uint raw = size switch
            {
                1 => bytes[i],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]),
            };
            raw <<= left;
            values[i] = signed ? (int)raw >> right : (int)Math.Min(int.MaxValue, raw >> right);
        }
        return values;
    }
}
