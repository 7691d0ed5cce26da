using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Deflated Image Frame Compression (PS3.5 A.4.13): each frame as it would be uncompressed, deflated.</summary>
internal static class DeflatedFrameDecoder
{
    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format)
    {
        int length = (int)((format.NativeFrameBits + 7) / 8);
        // One byte more than the frame may pad it to an even length.
        Outcome<ReadOnlyMemory<byte>> inflated = Inflater.Inflate(frame, length + 1);
        if (!inflated.Ok)
            return inflated.Fault;
        return inflated.Value.Length < length
            ? new Fault($"The deflated frame has {inflated.Value.Length} bytes; it needs {length}.", frame.Length)
            : new NativePixels(format with { Planar = false }, Interleave.ByPixel(inflated.Value[..length], format));
    }
}
