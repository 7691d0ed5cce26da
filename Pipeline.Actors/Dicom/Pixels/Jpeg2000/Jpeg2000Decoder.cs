namespace Pipeline.Actors.Dicom.Pixels.Jpeg2000;

/// <summary>JPEG 2000 (ISO/IEC 15444-1) and HTJ2K (15444-15) by OpenJPEG. The color transforms of the code stream are undone, so YBR_RCT and YBR_ICT give RGB.</summary>
internal static class Jpeg2000Decoder
{
    public static unsafe Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format)
    {
        if (!OpenJpeg.Library.IsPresent)
            return OpenJpeg.Library.Missing;
        Outcome<Jpeg2000Header> header = Jpeg2000Header.Read(frame.Span);
        if (!header.Ok)
            return header.Fault;
        if (Mismatch(header.Value, format, frame.Length) is { } mismatch)
            return mismatch;
        PixelFormat decoded = format with
        {
            Planar = false,
            BitsAllocated = Math.Max(8, format.BitsAllocated),
            BitsStored = Math.Max(format.BitsStored, format.BitsAllocated == 1 ? 8 : 1),
            HighBit = format.BitsAllocated == 1 ? 7 : format.HighBit,
            Photometric = format.Photometric is Photometric.YbrIct or Photometric.YbrRct ? Photometric.Rgb : format.Photometric,
        };
        return OpenJpeg.Decode(frame.Span, header.Value.IsFile, image => Read(image, decoded));
    }

    private static Fault? Mismatch(Jpeg2000Header header, PixelFormat format, int length)
    {
        if (header.Height != format.Rows || header.Width != format.Columns)
            return new Fault($"The code stream has {header.Height} × {header.Width} pixels, the data set {format.Rows} × {format.Columns}.", 0);
        if (header.Components != format.Samples)
            return new Fault($"The code stream has {header.Components} components, the data set {format.Samples}.", 0);
        if (header.Precision > Math.Max(8, format.BitsAllocated))
            return new Fault($"The code stream has {header.Precision} bits a sample, the data set allocates {format.BitsAllocated}.", 0);
        return header.Tiles > length / Jpeg2000Header.MinTileBytes + 1
            ? new Fault($"A code stream of {length} bytes cannot hold {header.Tiles} tiles.", 0)
            : null;
    }

    private static unsafe Outcome<NativePixels> Read(OpenJpeg.Image* image, PixelFormat format)
    {
        if (image->ComponentCount != format.Samples)
            return new Fault($"The code stream gives {image->ComponentCount} components, the data set has {format.Samples}.", 0);
        int size = format.SampleBytes, stride = size * format.Samples;
        byte[] output = new byte[format.FrameSamples * size];
        for (int sample = 0; sample < format.Samples; sample++)
        {
            OpenJpeg.Component component = image->Components[sample];
            if (component.Data is null || component.Width * component.Dx + component.Dx <= (uint)format.Columns
                || component.Height * component.Dy + component.Dy <= (uint)format.Rows)
                return new Fault("A component of the code stream is smaller than the image.", 0);
            int at = sample * size;
            for (int y = 0; y < format.Rows; y++)
            {
                int* line = component.Data + Math.Min(y / component.Dy, component.Height - 1) * component.Width;
                for (int x = 0; x < format.Columns; x++, at += stride)
                {
                    int value = line[component.Dx == 1 ? x : Math.Min(x / component.Dx, component.Width - 1)];
                    output[at] = (byte)value;
                    if (size > 1)
                        output[at + 1] = (byte)(value >> 8);
                    if (size > 2)
                        (output[at + 2], output[at + 3]) = ((byte)(value >> 16), (byte)(value >> 24));
                }
            }
        }
        return new NativePixels(format, output);
    }
}
