using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Tests.Actors.Dicom;

namespace Pipeline.Tests.Host.Site;

/// <summary>
/// An image as a modality sends it and the sample it must become, 32 × 32. The expectation is written down from PS3.3 C.11 here, not computed by the code
/// under test.
/// </summary>
internal sealed record SentImage(string What, DicomDataSet DataSet, ushort[] Expected)
{
    public const int Side = 32;

    /// <summary>One of each kind; UIDs begin with the prefix.</summary>
    public static IReadOnlyList<SentImage> All(string prefix) =>
    [
        Of("12 bits", Gray(prefix + ".1", v => 4 * v), "2048", "4096", v => 4 * v * 65535.0 / 4095),
        Of("12 bits, MONOCHROME1", Gray(prefix + ".2", v => 4 * v, photometric: "MONOCHROME1"), "2048", "4096", v => 65535 - 4 * v * 65535.0 / 4095),
        Of("8 bits", Eight(Gray(prefix + ".3", v => v), v => v % 256), "128", "256", v => v % 256 * 257),
        Of("8 bits, MONOCHROME1", Eight(Gray(prefix + ".4", v => v, photometric: "MONOCHROME1"), v => v % 256), "128", "256", v => 65535 - v % 256 * 257),
        Of("16 bits, signed, rescaled", Gray(prefix + ".5", v => 3 * v - 1500, bitsStored: 16, signed: true)
            .Set(DicomTags.RescaleSlope, "2").Set(DicomTags.RescaleIntercept, "-24"), "40", "400",
            v => ((2 * (3 * v - 1500) - 24 - 39.5) / 399 + .5) * 65535),
        Of("12 bits, signed, with overlay bits above them", Gray(prefix + ".6", v => ((v - 512) & 0x0FFF) | (v % 2 << 15), signed: true), "0", "1024",
            v => v * 65535.0 / 1023),
        Of("10 bits without a window: the image's own range, a thousandth cut off at either end", Gray(prefix + ".7", v => v, bitsStored: 10), null, null,
            v => (v - 1.0) / (1022 - 1) * 65535),
        Halved(prefix + ".8"),
    ];

    private static SentImage Of(string what, DicomDataSet dataSet, string? center, string? width, Func<int, double> expected)
    {
        if (center is not null)
            dataSet.Set(DicomTags.WindowCenter, center).Set(DicomTags.WindowWidth, width!);
        return new SentImage(what, dataSet, [.. Enumerable.Range(0, Side * Side).Select(v => Round(expected(v)))]);
    }

    /// <summary>Twice as large on each side: every sample is the mean of four pixels.</summary>
    private static SentImage Halved(string uid)
    {
        DicomDataSet dataSet = TestImages.Gray(uid, 2 * Side, 2 * Side, Pixel).Set(DicomTags.WindowCenter, "2048").Set(DicomTags.WindowWidth, "4096");
        return new SentImage("64 × 64", dataSet,
        [
            .. from row in Enumerable.Range(0, Side)
               from column in Enumerable.Range(0, Side)
               let first = 2 * row * 2 * Side + 2 * column
               select Round((Pixel(first) + Pixel(first + 1) + Pixel(first + 2 * Side) + Pixel(first + 2 * Side + 1)) / 4.0 * 65535 / 4095),
        ]);

        static int Pixel(int i) => i * 37 % 4096;
    }

    private static DicomDataSet Gray(string uid, Func<int, int> pixel, ushort bitsStored = 12, string photometric = "MONOCHROME2", bool signed = false) =>
        TestImages.Gray(uid, Side, Side, pixel, bitsStored: bitsStored, photometric: photometric, signed: signed);

    /// <summary>Two pixels a word, as OW holds them (PS3.5 8.1.1).</summary>
    private static DicomDataSet Eight(DicomDataSet dataSet, Func<int, int> pixel) => dataSet
        .Set(DicomTags.BitsAllocated, 8).Set(DicomTags.BitsStored, 8).Set(DicomTags.HighBit, 7)
        .Set(DicomTags.PixelData, DicomVR.OW, Enumerable.Range(0, Side * Side).Select(i => (byte)pixel(i)).ToArray());

    private static ushort Round(double value) => (ushort)Math.Floor(Math.Clamp(value, 0, 65535) + .5);
}
