using CsCheck;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

public sealed class RleTests
{
    [Fact]
    public void Samples_of_any_width_come_out_little_endian_and_pixel_by_pixel()
    {
        Gen.Select(Gen.Int[0, 1].Select(i => 1 + 2 * i), Gen.Int[0, 2].Select(i => 1 << i), Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[0, 1 << 30])
            .Sample((samples, size, rows, columns, seed) =>
            {
                byte[] pixels = new byte[rows * columns * samples * size];
                var random = new Random(seed);
                for (int i = 0; i < pixels.Length; i++)
                    pixels[i] = (byte)random.Next(3);
                Assert.Equal(pixels, Decode(Encode(pixels, samples, size), rows, columns, samples, 8 * size).Require().Bytes.ToArray());
            }, iter: 300);
    }

    [Fact]
    public void A_cut_or_changed_frame_is_a_fault_or_an_image_of_the_right_size()
    {
        byte[] frame = Encode(new byte[64 * 2], 1, 2);
        Gen.Select(Gen.Int[0, frame.Length], Gen.Int[0, frame.Length - 1], Gen.Byte).Sample((length, at, value) =>
        {
            byte[] changed = frame[..length];
            if (at < length)
                changed[at] = value;
            Outcome<NativePixels> decoded = Decode(changed, 8, 8, 1, 16);
            Assert.True(!decoded.Ok || decoded.Value.Bytes.Length == 128);
        }, iter: 4000);
    }

    [Fact]
    public void Frames_of_single_bits_that_end_inside_a_byte_are_digested_without_gaps()
    {
        // 3 × 3 pixels: nine bits a frame, two frames of ones make eighteen.
        byte[] frame = Encode([0xFF, 0x01], 1, 1);
        DicomDataSet dataSet = EncapsulatedImages.Of(3, 3, 1, 1, 2, null, ReadOnlyMemory<byte>.Empty, frame, frame);
        DicomInspection found = DicomInspector.Inspect(DicomWriter.WriteFile(dataSet, TransferSyntax.Of(TransferSyntaxes.Rle)), new DicomReadLimits());
        byte[] packed = [0xFF, 0xFF, 0x03, 0x00];
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(packed)), found.PixelSha256);
    }

    private static Outcome<NativePixels> Decode(byte[] frame, int rows, int columns, int samples, int allocated) => new EmbeddedToolkit()
        .DecodePixels(EncapsulatedImages.Of(rows, columns, samples, allocated, frame), TransferSyntax.Of(TransferSyntaxes.Rle), 0);

    /// <summary>PS3.5 annex G, runs of two and more as runs.</summary>
    internal static byte[] Encode(byte[] pixels, int samples, int size)
    {
        var output = new List<byte>(new byte[64]) { [0] = (byte)(samples * size) };
        for (int segment = 0; segment < samples * size; segment++)
        {
            BitConverter.GetBytes(output.Count).CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output)[(4 + 4 * segment)..]);
            int at = segment / size * size + (size - 1 - segment % size);
            byte[] plane = [.. Enumerable.Range(0, pixels.Length / (samples * size)).Select(i => pixels[i * samples * size + at])];
            for (int i = 0; i < plane.Length;)
            {
                int run = plane.Skip(i).Take(128).TakeWhile(value => value == plane[i]).Count();
                if (run > 1)
                    output.AddRange([(byte)(1 - run), plane[i]]);
                else
                    output.AddRange([0, plane[i]]);
                i += run;
            }
            if (output.Count % 2 != 0)
                output.Add(0x80);
        }
        return [.. output];
    }
}
