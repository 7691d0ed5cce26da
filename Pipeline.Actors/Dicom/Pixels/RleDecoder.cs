using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>RLE Lossless (PS3.5 annex G): a segment for each byte of each sample, the most significant first, packed by PackBits.</summary>
internal static class RleDecoder
{
    private const int HeaderLength = 64;

    /// <summary>Two bytes of input give no more than 128 of output.</summary>
    private const int MaxExpansion = 64;

    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format)
    {
        ReadOnlySpan<byte> bytes = frame.Span;
        if (bytes.Length < HeaderLength)
            return new Fault($"An RLE frame of {bytes.Length} bytes is shorter than its header of {HeaderLength}.", 0);
        bool packed = format.BitsAllocated == 1;
        int sampleBytes = format.SampleBytes, segments = format.Samples * sampleBytes;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (count != segments)
            return new Fault($"The RLE header has {count} segments; {format.Samples} samples of {format.BitsAllocated} bits need {segments}.", 0);
        int segmentLength = packed ? (format.Rows * format.Columns + 7) / 8 : format.Rows * format.Columns;
        if (segmentLength > (long)bytes.Length * MaxExpansion)
            return new Fault($"An RLE frame of {bytes.Length} bytes cannot hold {segmentLength} pixels.", 0);

        byte[] output = new byte[segmentLength * segments];
        for (int segment = 0; segment < segments; segment++)
        {
            uint from = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 + 4 * segment)..]);
            uint to = segment + 1 < segments ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[(8 + 4 * segment)..]) : (uint)bytes.Length;
            if (from < HeaderLength || from > to || to > bytes.Length)
                return new Fault($"RLE segment {segment} spans bytes {from} to {to} of {bytes.Length}.", 4 + 4 * segment);
            // Little endian: the most significant byte, which comes first, is the last of its sample.
            int at = segment / sampleBytes * sampleBytes + (sampleBytes - 1 - segment % sampleBytes);
            int written = Unpack(bytes[(int)from..(int)to], output.AsSpan(at), segmentLength, segments);
            if (written < segmentLength)
                return new Fault($"RLE segment {segment} ends after {written} of {segmentLength} bytes.", to);
        }
        return new NativePixels(format with { Planar = false }, output);
    }

    /// <returns>Bytes written, each <paramref name="stride"/> behind the last.</returns>
    private static int Unpack(ReadOnlySpan<byte> input, Span<byte> output, int length, int stride)
    {
        int read = 0, written = 0;
        while (written < length && read + 1 < input.Length)
        {
            int control = (sbyte)input[read++];
            if (control >= 0)
            {
                int run = Math.Min(Math.Min(control + 1, input.Length - read), length - written);
                if (stride == 1)
                    input.Slice(read, run).CopyTo(output[written..]);
                else
                    for (int i = 0; i < run; i++)
                        output[(written + i) * stride] = input[read + i];
                read += run;
                written += run;
            }
            else if (control != -128)
            {
                int run = Math.Min(1 - control, length - written);
                byte value = input[read++];
                if (stride == 1)
                    output.Slice(written, run).Fill(value);
                else
                    for (int i = 0; i < run; i++)
                        output[(written + i) * stride] = value;
                written += run;
            }
        }
        return written;
    }
}
