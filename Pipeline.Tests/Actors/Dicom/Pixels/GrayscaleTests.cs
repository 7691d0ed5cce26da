using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest.Stages;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

public sealed class GrayscaleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Red_green_and_blue_become_luminance_in_both_planar_configurations(int planar)
    {
        byte[] pixels = planar == 0 ? [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 10, 10] : [255, 0, 0, 10, 0, 255, 0, 10, 0, 0, 255, 10];
        DicomDataSet image = Color("RGB", 2, 2, pixels).Set(DicomTags.PlanarConfiguration, (ushort)planar);
        Assert.Equal([76, 150, 29, 10], Values(image));
    }

    [Fact]
    public void Luminance_of_YBR_is_its_first_sample_shared_chrominance_or_not()
    {
        Assert.Equal([1, 2], Values(Color("YBR_FULL", 1, 2, [1, 128, 128, 2, 128, 128])));
        Assert.Equal([1, 2, 3, 4], Values(Color("YBR_FULL_422", 1, 4, [1, 2, 128, 128, 3, 4, 128, 128])));
        Assert.Equal([0, 255], Values(Color("YBR_PARTIAL_422", 1, 2, [16, 235, 128, 128])));
    }

    [Fact]
    public void A_palette_maps_stored_values_and_clamps_those_outside_it()
    {
        DicomDataSet image = Palette([0, 5, 6, 9]);
        foreach (DicomTag tag in Data)
            image.Set(tag, 100, 200, 300);
        Assert.Equal([100, 100, 200, 300], Values(image));
    }

    [Fact]
    public void A_segmented_palette_is_expanded()
    {
        DicomDataSet image = Palette([5, 6, 7, 8]);
        // Discrete 100; linear of two up to 300.
        foreach (DicomTag tag in new[] { DicomTags.SegmentedRedPaletteColorLookupTableData, DicomTags.SegmentedGreenPaletteColorLookupTableData,
            DicomTags.SegmentedBluePaletteColorLookupTableData })
            image.Set(tag, DicomVR.OW, new byte[] { 0, 0, 1, 0, 100, 0, 1, 0, 2, 0, 44, 1 });
        Assert.Equal([100, 200, 300, 300], Values(image));
    }

    [Fact]
    public void Single_bits_are_unpacked_from_the_least_significant()
    {
        DicomDataSet image = TestImages.Gray("1.2", 1, 9, i => i).Set(DicomTags.BitsAllocated, 1).Set(DicomTags.BitsStored, 1).Set(DicomTags.HighBit, 0)
            .Set(DicomTags.NumberOfFrames, "2").Set(DicomTags.PixelData, DicomVR.OB, new byte[] { 0b0000_0101, 0b0000_0011, 0b0000_0010 });
        Assert.Equal([1, 0, 1, 0, 0, 0, 0, 0, 1], Values(image));
        // The second frame begins inside a byte.
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 1], NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 1).Require().Values);
    }

    [Fact]
    public void Overlay_bits_above_the_high_bit_are_no_part_of_the_value()
    {
        DicomDataSet image = TestImages.Gray("1.2", 1, 2, i => i == 0 ? 0xF001 : 0x1FFF, bitsStored: 12);
        Assert.Equal([1, 4095], Values(image));
    }

    [Fact]
    public void Color_is_shown_as_it_is_without_a_window()
    {
        DicomDataSet image = Color("RGB", 1, 2, [0, 0, 0, 51, 51, 51]).Set(DicomTags.WindowCenter, "10").Set(DicomTags.WindowWidth, "2");
        NativeFrame frame = NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require();
        Assert.Equal([0, 13107], GrayscaleTransform.Apply(frame, image).Require());
    }

    private static readonly DicomTag[] Data =
        [DicomTags.RedPaletteColorLookupTableData, DicomTags.GreenPaletteColorLookupTableData, DicomTags.BluePaletteColorLookupTableData];

    private static DicomDataSet Palette(byte[] pixels)
    {
        DicomDataSet image = Color("PALETTE COLOR", 2, 2, pixels).Set(DicomTags.SamplesPerPixel, 1);
        foreach (DicomTag tag in new[] { DicomTags.RedPaletteColorLookupTableDescriptor, DicomTags.GreenPaletteColorLookupTableDescriptor,
            DicomTags.BluePaletteColorLookupTableDescriptor })
            image.Set(tag, 3, 5, 16);
        return image;
    }

    private static DicomDataSet Color(string photometric, int rows, int columns, byte[] pixels) =>
        TestImages.Gray("1.2", rows, columns, i => i, photometric: photometric).Set(DicomTags.SamplesPerPixel, 3).Set(DicomTags.PlanarConfiguration, 0)
            .Set(DicomTags.BitsAllocated, 8).Set(DicomTags.BitsStored, 8).Set(DicomTags.HighBit, 7).Set(DicomTags.PixelData, DicomVR.OB, pixels);

    private static int[] Values(DicomDataSet image) => NativeDecoder.Decode(image, TransferSyntax.ExplicitLittle, 0).Require().Values;
}
