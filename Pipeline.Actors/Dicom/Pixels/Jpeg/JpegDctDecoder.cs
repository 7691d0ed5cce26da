using JpegLibrary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>JPEG baseline, extended and progressive (ITU-T T.81 processes 1, 2, 4, 6 and 10) by JpegLibrary. Components stay as they are coded.</summary>
internal static class JpegDctDecoder
{
    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format, JpegHeader header)
    {
        if (header.Mismatch(format) is { } mismatch)
            return mismatch;
        if (header.Precision is not (8 or 12))
            return new Fault($"JPEG with a discrete cosine transform has 8 or 12 bits a sample, not {header.Precision}.", 0);
        if (header.Components.Count == 1)
            header = header with { Components = [header.Components[0] with { Horizontal = 1, Vertical = 1 }] };
        int across = header.Components.Max(c => c.Horizontal), down = header.Components.Max(c => c.Vertical);
        if (header.Components.Any(c => across / c.Horizontal * c.Horizontal != across || down / c.Vertical * c.Vertical != down
            || across / c.Horizontal == 3 || down / c.Vertical == 3 || (c.Horizontal > 1 && c.Horizontal < across) || (c.Vertical > 1 && c.Vertical < down)))
            return new Fault("JPEG components are subsampled by a factor that is not decoded; 1, 2 and 4 are.", 0);
        // Every 8 × 8 block takes a bit at least.
        if ((long)format.Rows * format.Columns / 64 / (across * down) > 8L * frame.Length)
            return new Fault($"A JPEG frame of {frame.Length} bytes cannot hold {format.Rows} × {format.Columns} pixels.", 0);

        var planes = new JpegPlanes(format.Rows, format.Columns, header, across, down);
        var decoder = new JpegDecoder();
        try
        {
            decoder.SetInput(header.Components.Count == 1 ? WithoutSampling(frame, header) : frame);
            decoder.Identify();
            decoder.SetOutputWriter(planes);
            decoder.Decode();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or ArgumentException or IndexOutOfRangeException
            or NotSupportedException or OverflowException or NullReferenceException or DivideByZeroException)
        {
            return new Fault($"The JPEG stream is damaged: {e.Message.TrimEnd('.')}.", 0);
        }
        if (!planes.Complete)
            return new Fault("The JPEG stream ends before its last block.", frame.Length);
        return new NativePixels(
            format with { Planar = false, BitsAllocated = Math.Max(8, format.BitsAllocated), Photometric = Colors(format, header) },
            planes.Interleave(Math.Max(1, format.BitsAllocated / 8)));
    }

    /// <summary>The sampling factors of a lone component mean nothing (ITU-T T.81 A.2.2), but the library would follow them.</summary>
    private static byte[] WithoutSampling(ReadOnlyMemory<byte> frame, JpegHeader header)
    {
        const int FirstComponent = 10;
        byte[] copy = frame.ToArray();
        copy[header.Offset + FirstComponent + 1] = 0x11;
        return copy;
    }

    /// <summary>Chrominance is upsampled here; and some writers say RGB of a stream that holds YCbCr, which its own markers show.</summary>
    private static Photometric Colors(PixelFormat format, JpegHeader header) => format.Photometric switch
    {
        Photometric.YbrFull422 => Photometric.YbrFull,
        Photometric.Rgb when header.AdobeTransform is { } transform => transform == 1 ? Photometric.YbrFull : Photometric.Rgb,
        Photometric.Rgb when header.HasJfif || header.IsSubsampled => Photometric.YbrFull,
        var same => same,
    };
}
