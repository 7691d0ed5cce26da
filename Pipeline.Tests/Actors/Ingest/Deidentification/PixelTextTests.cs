using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Deidentification;

/// <summary>Text in pixels: what is doubted, what a rule admits, and what is blackened.</summary>
public sealed class PixelTextTests
{
    private static readonly PixelRule Rule = new("us", "US", "ge*", "Logiq", 8, 8, [new PixelRegion(1, 0, 4, 2), new PixelRegion(6, 6, 100, 100)]);

    [Theory]
    [InlineData("CR", "ORIGINAL\\PRIMARY", false)]
    [InlineData("US", "ORIGINAL\\PRIMARY", true)]
    [InlineData("XA", "ORIGINAL\\PRIMARY", true)]
    [InlineData("CT", "DERIVED\\SECONDARY\\SCREEN SAVE", true)]
    [InlineData("CT", "DERIVED\\SECONDARY\\AXIAL\\DOSE_INFO", true)]
    public void Kinds_of_images_that_may_carry_text_are_doubted_until_a_rule_speaks_of_them(string modality, string type, bool doubted)
    {
        DicomDataSet image = TestImages.Gray("1.2.3", 8, 8, i => i, modality: modality).Set(DicomTags.ImageType, type).Set(DicomTags.BurnedInAnnotation, "NO");
        Assert.Equal(doubted, new PixelTextPolicy(new DeidentificationProfile()).Judge(image).Doubt is not null);
        var rule = new PixelRule("any", modality, "", "", 0, 0, []);
        Assert.Equal((rule, null), new PixelTextPolicy(new DeidentificationProfile { PixelRules = [rule] }).Judge(image));
        Assert.Equal((null, null), new PixelTextPolicy(new DeidentificationProfile { Options = DeidentificationOption.None }).Judge(image));
    }

    [Fact]
    public void The_flag_is_believed_when_it_says_yes_and_a_report_is_text_throughout()
    {
        var policy = new PixelTextPolicy(new DeidentificationProfile { PixelRules = [new PixelRule("sr", "SR", "", "", 0, 0, [])] });
        DicomDataSet flagged = TestImages.Gray("1.2.3", 8, 8, i => i).Set(DicomTags.BurnedInAnnotation, "YES");
        Assert.NotNull(policy.Judge(flagged).Doubt);
        DicomDataSet dose = new DicomDataSet().Set(DicomTags.SopClassUid, "1.2.840.10008.5.1.4.1.1.88.67").Set(DicomTags.Modality, "SR");
        Assert.NotNull(policy.Judge(dose).Doubt);
    }

    [Theory]
    [InlineData("GE Healthcare", "LOGIQ", 8, true)]
    [InlineData("GE Healthcare", "LOGIQ E9", 8, false)]
    [InlineData("Philips", "LOGIQ", 8, false)]
    [InlineData("GE Healthcare", "LOGIQ", 16, false)]
    public void A_rule_fits_by_modality_manufacturer_model_and_size(string manufacturer, string model, int rows, bool fits) =>
        Assert.Equal(fits, Rule.Fits(TestImages.Gray("1.2.3", rows, 8, i => i, modality: "US")
            .Set(DicomTags.Manufacturer, manufacturer).Set(DicomTags.ManufacturerModelName, model)));

    [Theory]
    [InlineData("MONOCHROME2", 0)]
    [InlineData("MONOCHROME1", 4095)]
    public void Regions_become_black_in_the_file_and_in_the_frame_and_nothing_else_changes(string photometric, int black)
    {
        DicomDataSet image = TestImages.Gray("1.2.3", 8, 8, i => 100 + i, photometric: photometric);
        NativeFrame before = NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require();
        int[] file = NativeDecoder.Decode(PixelBlackout.Apply(image, Rule.Blacken).Require(), TransferSyntax.ExplicitLittle, 0).Require().Values;
        int[] frame = PixelBlackout.Apply(before, Rule.Blacken).Values;
        for (int i = 0; i < 64; i++)
        {
            bool inside = (i % 8 is >= 1 and < 5 && i / 8 < 2) || (i % 8 >= 6 && i / 8 >= 6);
            Assert.Equal(inside ? black : 100 + i, file[i]);
            // Pixel 0 is the darkest outside; in MONOCHROME1 the largest, 6 columns before the second region, is.
            Assert.Equal(inside ? photometric == "MONOCHROME1" ? 100 + 61 : 100 : 100 + i, frame[i]);
        }
    }

    [Fact]
    public void A_compressed_image_is_decoded_before_it_is_blackened()
    {
        byte[] row = [7, 1, 2, 3, 4, 5, 6, 7, 8];
        byte[] rle = new byte[64 + 2 * row.Length];
        (rle[0], rle[4]) = (1, 64);
        row.CopyTo(rle, 64);
        row.CopyTo(rle, 64 + row.Length);
        DicomDataSet image = TestImages.Gray("1.2.3", 2, 8, i => i).Set(DicomTags.BitsAllocated, 8).Set(DicomTags.BitsStored, 8).Set(DicomTags.HighBit, 7)
            .Set(new DicomElement(DicomTags.PixelData, DicomVR.OB, ReadOnlyMemory<byte>.Empty, null, [ReadOnlyMemory<byte>.Empty, rle]));
        var syntax = TransferSyntax.Of("1.2.840.10008.1.2.5");
        Assert.False(PixelBlackout.Apply(image, [new PixelRegion(0, 0, 2, 1)]).Ok);
        DicomDataSet native = NativeImage.Of(image, syntax, new EmbeddedToolkit()).Require();
        byte[] bytes = PixelBlackout.Apply(native, [new PixelRegion(0, 0, 2, 1)]).Require().Find(DicomTags.PixelData)!.Value.ToArray();
        Assert.Equal([0, 0, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8], bytes);
    }

    [Fact]
    public void Color_is_blackened_sample_by_sample_in_both_planar_configurations()
    {
        foreach (ushort planar in new ushort[] { 0, 1 })
        {
            DicomDataSet image = TestImages.Gray("1.2.3", 2, 2, i => i).Set(DicomTags.SamplesPerPixel, 3).Set(DicomTags.PhotometricInterpretation, "RGB")
                .Set(DicomTags.BitsAllocated, 8).Set(DicomTags.BitsStored, 8).Set(DicomTags.HighBit, 7).Set(DicomTags.PlanarConfiguration, planar)
                .Set(DicomTags.PixelData, DicomVR.OB, Enumerable.Repeat((byte)9, 12).ToArray());
            byte[] bytes = PixelBlackout.Apply(image, [new PixelRegion(1, 0, 1, 1)]).Require().Find(DicomTags.PixelData)!.Value.ToArray();
            Assert.Equal(planar == 0 ? [9, 9, 9, 0, 0, 0, 9, 9, 9, 9, 9, 9] : [9, 0, 9, 9, 9, 0, 9, 9, 9, 0, 9, 9], bytes);
        }
    }

    [Fact]
    public void Comments_and_Exif_in_a_compressed_stream_are_zeroed_in_place()
    {
        byte[] jpeg =
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, (byte)'J', (byte)'F', 0xFF, 0xE1, 0, 6, .. "ERIK"u8, 0xFF, 0xFE, 0, 6, .. "NAME"u8, 0xFF, 0xDA, 0, 2, 1, 2, 0xFF, 0xD9,
        ];
        byte[] clean = CompressedMetadata.Clean(jpeg).ToArray();
        Assert.Equal(jpeg.Length, clean.Length);
        Assert.Equal(8, jpeg.Where((value, i) => value != clean[i]).Count());
        byte[] wavelets = [0xFF, 0x4F, 0xFF, 0x64, 0, 8, 0, 1, .. "ERIK"u8, 0xFF, 0x90, 0, 2];
        Assert.Equal([0xFF, 0x4F, 0xFF, 0x64, 0, 8, 0, 1, 0, 0, 0, 0, 0xFF, 0x90, 0, 2], CompressedMetadata.Clean(wavelets).ToArray());
        byte[] native = [0xFF, 0x12, 3, 4];
        Assert.True(CompressedMetadata.Clean(native).Equals(new ReadOnlyMemory<byte>(native)));
    }
}
