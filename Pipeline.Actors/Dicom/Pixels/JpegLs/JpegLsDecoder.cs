using Pipeline.Actors.Dicom.Pixels.Jpeg;

namespace Pipeline.Actors.Dicom.Pixels.JpegLs;

/// <summary>JPEG-LS lossless and near-lossless (ITU-T T.87) by CharLS.</summary>
internal static class JpegLsDecoder
{
    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format, JpegHeader header)
    {
        if (!CharLs.Library.IsPresent)
            return CharLs.Library.Missing;
        if (header.Mismatch(format) is { } mismatch)
            return mismatch;
        if (header.Precision is < 2 or > 16)
            return new Fault($"JPEG-LS has 2 to 16 bits a sample, not {header.Precision}.", 0);
        int codedBytes = header.Precision > 8 ? 2 : 1;
        byte[] output = new byte[format.FrameSamples * codedBytes];
        if (CharLs.Decode(frame.Span, output, out CharLs.InterleaveMode interleave) is { } fault)
            return fault;
        PixelFormat coded = format with
        {
            Planar = format.Samples > 1 && interleave == CharLs.InterleaveMode.None,
            BitsAllocated = 8 * codedBytes,
        };
        ReadOnlyMemory<byte> pixels = Interleave.ByPixel(output, coded);
        int allocated = Math.Max(8, format.BitsAllocated);
        return new NativePixels(format with { Planar = false, BitsAllocated = allocated }, Widening.To(pixels, codedBytes, allocated / 8));
    }
}
