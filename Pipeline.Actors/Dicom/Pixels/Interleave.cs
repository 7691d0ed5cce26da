namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>From Planar Configuration 1 to 0.</summary>
public static class Interleave
{
    /// <summary>The frame with its samples pixel by pixel; the frame itself where it has them so.</summary>
    public static ReadOnlyMemory<byte> ByPixel(ReadOnlyMemory<byte> frame, PixelFormat format)
    {
        if (!format.Planar || format.Samples == 1 || format.BitsAllocated < 8)
            return frame;
        int size = format.SampleBytes, plane = format.Rows * format.Columns * size;
        byte[] output = new byte[plane * format.Samples];
        for (int sample = 0; sample < format.Samples; sample++)
            Scatter(frame.Span.Slice(sample * plane, plane), output, size, sample, format.Samples);
        return output;
    }

    private static void Scatter(ReadOnlySpan<byte> plane, Span<byte> output, int size, int sample, int samples)
    {
        int to = sample * size, stride = samples * size;
        for (int from = 0; from < plane.Length; from += size, to += stride)
            plane.Slice(from, size).CopyTo(output[to..]);
    }
}
