using CsCheck;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

public sealed class JpegLosslessTests
{
    [Fact]
    public void Every_predictor_precision_transform_and_restart_interval_gives_the_pixels_back()
    {
        Gen.Select(Gen.Int[1, 7], Gen.Int[2, 16], Gen.Int[1, 9], Gen.Int[1, 12], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 1 << 30])
            .Sample((predictor, precision, rows, columns, restart, transform, seed) =>
            {
                transform = Math.Min(transform, precision - 1);
                int[] plane = Noise(rows * columns, precision, seed);
                byte[] stream = new LosslessJpegEncoder(rows, columns, precision, predictor, transform, restart).Encode([plane]);
                int[] expected = Array.ConvertAll(plane, value => value >> transform << transform);
                Assert.Equal(expected, Values(Decode(stream, rows, columns, 1, 16).Require()));
            }, iter: 500);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Color_in_one_scan_or_three_comes_out_pixel_by_pixel(bool interleaved)
    {
        int[][] planes = [Noise(35, 8, 1), Noise(35, 8, 2), Noise(35, 8, 3)];
        byte[] stream = new LosslessJpegEncoder(5, 7, 8, 6).Encode(planes, interleaved);
        byte[] expected = [.. Enumerable.Range(0, 35).SelectMany(i => planes.Select(plane => (byte)plane[i]))];
        Assert.Equal(expected, Decode(stream, 5, 7, 3, 8).Require().Bytes.ToArray());
    }

    [Fact]
    public void A_cut_or_changed_stream_is_a_fault_or_an_image_of_the_right_size()
    {
        byte[] stream = new LosslessJpegEncoder(8, 8, 12, 4, 0, 2).Encode([Noise(64, 12, 7)]);
        Gen.Select(Gen.Int[0, stream.Length], Gen.Int[0, stream.Length - 1], Gen.Byte).Sample((length, at, value) =>
        {
            byte[] changed = stream[..length];
            if (at < length)
                changed[at] = value;
            Outcome<NativePixels> decoded = Decode(changed, 8, 8, 1, 16);
            Assert.True(!decoded.Ok || decoded.Value.Bytes.Length == 128);
        }, iter: 4000);
        Assert.False(Decode(stream[..(stream.Length / 2)], 8, 8, 1, 16).Ok);
    }

    [Fact]
    public void A_few_bytes_that_claim_a_large_frame_are_refused_before_it_is_allocated()
    {
        byte[] stream = new LosslessJpegEncoder(4, 4, 8, 1).Encode([Noise(16, 8, 1)]);
        stream[7] = 0x3F;
        stream[9] = 0x3F;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fault fault = Decode(stream, 0x3F04, 0x3F04, 1, 8).Fault!;
        Assert.Contains("cannot hold", fault.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    private static Outcome<NativePixels> Decode(byte[] stream, int rows, int columns, int samples, int allocated)
    {
        DicomDataSet dataSet = EncapsulatedImages.Of(rows, columns, samples, allocated, stream);
        return new EmbeddedToolkit().DecodePixels(dataSet, TransferSyntax.Of("1.2.840.10008.1.2.4.57"), 0);
    }

    private static int[] Values(NativePixels pixels)
    {
        byte[] bytes = pixels.Bytes.ToArray();
        return [.. Enumerable.Range(0, bytes.Length / 2).Select(i => bytes[2 * i] | (bytes[2 * i + 1] << 8))];
    }

    private static int[] Noise(int count, int bits, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(1 << bits))];
    }
}
