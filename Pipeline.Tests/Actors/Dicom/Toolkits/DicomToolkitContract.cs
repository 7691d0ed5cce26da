using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Tests.Actors.Dicom.Pixels;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom.Toolkits;

/// <summary>What every toolkit behind the seam must do; a class for each derives from this.</summary>
public abstract class DicomToolkitContract
{
    private static readonly DicomReadLimits Limits = new();

    protected abstract IDicomToolkit Toolkit { get; }

    [Fact]
    public void Uncompressed_syntaxes_are_decodable_everywhere() =>
        Assert.Superset(
            new HashSet<string> { TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid, TransferSyntax.ExplicitBig.Uid },
            Toolkit.Decodable.ToHashSet());

    [Fact]
    public async Task A_written_file_reads_back_with_its_sequences_private_elements_and_pixels()
    {
        using var stream = new MemoryStream();
        await Toolkit.WriteAsync(Nested(), stream, default);
        stream.Position = 0;
        DicomFile read = (await Toolkit.ReadAsync(stream, Limits, default)).Require();
        Assert.Equal(TransferSyntax.ExplicitLittle, read.Syntax);
        Assert.Equal(TransferSyntax.ExplicitLittle.Uid, read.Meta.Text(DicomTags.TransferSyntaxUid));
        AssertSame(Nested(), read.DataSet);
    }

    [Fact]
    public void A_data_set_reads_in_both_little_endian_syntaxes()
    {
        foreach (TransferSyntax syntax in new[] { TransferSyntax.ExplicitLittle, TransferSyntax.ImplicitLittle })
        {
            DicomDataSet read = Toolkit.ReadDataSet(DicomWriter.WriteDataSet(Nested(), syntax), syntax, Limits).Require();
            Assert.Equal("1.2.9", read.Find(DicomTags.ReferencedImageSequence)!.Items![0].Text(DicomTags.ReferencedSopInstanceUid));
            Assert.Equal(TestImages.PlantedName, read.Text(DicomTags.PatientName));
            Assert.Equal(64, read.Int(DicomTags.Rows));
        }
    }

    [Fact]
    public void Uncompressed_pixels_come_out_as_they_are_stored()
    {
        DicomDataSet image = Nested();
        NativePixels pixels = Toolkit.DecodePixels(image, TransferSyntax.ExplicitLittle, 0).Require();
        Assert.Equal(image.Find(DicomTags.PixelData)!.Value.ToArray(), pixels.Bytes.ToArray());
        NativeFrame frame = Toolkit.DecodeFrame(image, TransferSyntax.ExplicitLittle, 0).Require();
        Assert.Equal([.. Enumerable.Range(0, 64 * 48)], frame.Values);
    }

    [Fact]
    public void Color_by_plane_comes_out_by_pixel()
    {
        DicomDataSet image = TestImages.Gray("1.2.5", 1, 2, i => i, photometric: "RGB").Set(DicomTags.SamplesPerPixel, 3)
            .Set(DicomTags.PlanarConfiguration, 1).Set(DicomTags.BitsAllocated, 8).Set(DicomTags.BitsStored, 8).Set(DicomTags.HighBit, 7)
            .Set(DicomTags.PixelData, DicomVR.OB, new byte[] { 1, 4, 2, 5, 3, 6 });
        Assert.Equal([1, 2, 3, 4, 5, 6], Toolkit.DecodePixels(image, TransferSyntax.ExplicitLittle, 0).Require().Bytes.ToArray());
    }

    [Fact]
    public void Run_lengths_are_decoded_frame_by_frame()
    {
        byte[][] frames = [.. Enumerable.Range(1, 3).Select(seed => Enumerable.Range(0, 32).Select(i => (byte)(i / 5 * seed)).ToArray())];
        DicomDataSet image = EncapsulatedImages.Of(4, 4, 1, 16, 3, null, ReadOnlyMemory<byte>.Empty, [.. frames.Select(f => RleTests.Encode(f, 1, 2))]);
        for (int i = 0; i < frames.Length; i++)
            Assert.Equal(frames[i], Toolkit.DecodePixels(image, TransferSyntax.Of(TransferSyntaxes.Rle), i).Require().Bytes.ToArray());
    }

    [Fact]
    public void Bytes_that_are_no_data_set_are_a_fault()
    {
        byte[] cut = DicomWriter.WriteDataSet(Nested(), TransferSyntax.ExplicitLittle)[..200];
        Assert.NotEmpty(Toolkit.ReadDataSet(cut, TransferSyntax.ExplicitLittle, Limits).Fault!.Message);
    }

    [Fact]
    public async Task A_file_above_the_limit_is_a_fault()
    {
        byte[] file = DicomWriter.WriteFile(Nested());
        using var stream = new MemoryStream(file);
        Outcome<DicomFile> read = await Toolkit.ReadAsync(stream, new DicomReadLimits(MaxBytes: file.Length - 1), default);
        Assert.Contains("limit", read.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_that_are_not_there_are_a_fault()
    {
        Assert.NotNull(Toolkit.DecodePixels(Nested(), TransferSyntax.ExplicitLittle, 1).Fault);
        Assert.NotNull(Toolkit.DecodePixels(new DicomDataSet().Set(DicomTags.SopClassUid, "1.2").Set(DicomTags.SopInstanceUid, "1.3"),
            TransferSyntax.ExplicitLittle, 0).Fault);
    }

    private static DicomDataSet Nested() => TestImages.Gray("1.2.3", 64, 48, i => i)
        .Set(DicomTags.ReferencedImageSequence,
        [
            new DicomDataSet().Set(DicomTags.ReferencedSopClassUid, "1.2.8").Set(DicomTags.ReferencedSopInstanceUid, "1.2.9"),
            new DicomDataSet(),
        ])
        .Set(new DicomTag(0x0009, 0x0010), DicomVR.LO, "VENDOR"u8.ToArray())
        .Set(new DicomTag(0x0009, 0x1001), DicomVR.UN, new byte[] { 1, 2, 3, 4 });

    private static void AssertSame(DicomDataSet expected, DicomDataSet found)
    {
        Assert.Equal(expected.Elements.Select(e => (e.Tag, e.VR)), found.Elements.Select(e => (e.Tag, e.VR)));
        foreach ((DicomElement one, DicomElement other) in expected.Elements.Zip(found.Elements))
        {
            Assert.Equal(one.Value.ToArray(), other.Value.ToArray());
            Assert.Equal(one.Items?.Count, other.Items?.Count);
            foreach ((DicomDataSet inner, DicomDataSet outer) in (one.Items ?? []).Zip(other.Items ?? []))
                AssertSame(inner, outer);
        }
    }
}
