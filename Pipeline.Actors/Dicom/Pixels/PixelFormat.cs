using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>What the Image Pixel module says about pixel data (PS3.3 C.7.6.3).</summary>
/// <param name="Samples">Per pixel, 1–4.</param>
/// <param name="BitsAllocated">1, 8, 12, 16, 32 or 64 a sample.</param>
/// <param name="HighBit">0-based, of the stored bits within those allocated.</param>
/// <param name="Planar">Planar Configuration 1: all red, all green, all blue, frame by frame.</param>
public sealed record PixelFormat(
    int Rows, int Columns, int Samples, int BitsAllocated, int BitsStored, int HighBit, bool Signed, Photometric Photometric, bool Planar, int Frames)
{
    /// <summary>What a frame may take once decoded (bytes).</summary>
    public const long MaxFrameBytes = 1L << 30;

    /// <summary>Values of a pixel that uncompressed data really holds: 2 where chrominance is shared by two pixels.</summary>
    private int NativeSamples => Photometric is Photometric.YbrFull422 or Photometric.YbrPartial422 && Samples == 3 ? 2 : Samples;

    /// <summary>Bits of an uncompressed frame; frames of single bits follow each other without padding (PS3.5 8.1.1).</summary>
    public long NativeFrameBits => (long)Rows * Columns * NativeSamples * BitsAllocated;

    /// <summary>Bytes of a sample once decoded.</summary>
    public int SampleBytes => Math.Max(1, BitsAllocated / 8);

    /// <summary>Rows × columns × samples.</summary>
    public long FrameSamples => (long)Rows * Columns * Samples;

    /// <summary>Samples, bits and photometric interpretation default to those of ACR-NEMA gray images.</summary>
    /// <returns>A fault that names the attribute that is missing or does not fit.</returns>
    public static Outcome<PixelFormat> Read(DicomDataSet dataSet)
    {
        int rows = dataSet.Int(DicomTags.Rows) ?? 0, columns = dataSet.Int(DicomTags.Columns) ?? 0;
        if (rows < 1 || columns < 1)
            return new Fault($"Rows (0028,0010) × Columns (0028,0011) are {rows} × {columns}: there is no image.");
        int samples = dataSet.Int(DicomTags.SamplesPerPixel) ?? 1;
        if (samples is < 1 or > 4)
            return new Fault($"Samples per Pixel (0028,0002) is {samples}, not 1 to 4.");
        int allocated = dataSet.Int(DicomTags.BitsAllocated) ?? DefaultBits(dataSet);
        int stored = dataSet.Int(DicomTags.BitsStored) ?? allocated;
        int high = dataSet.Int(DicomTags.HighBit) ?? stored - 1;
        if (allocated is not (1 or 8 or 12 or 16 or 32 or 64) || stored < 1 || stored > allocated)
            return new Fault($"Bits Allocated (0028,0100) {allocated} and Bits Stored (0028,0101) {stored} do not fit together.");
        // A high bit that cannot be is a slip of the writer: the stored bits are then the lowest.
        if (high >= allocated || high < stored - 1)
            high = stored - 1;
        int frames = Math.Max(1, dataSet.Int(DicomTags.NumberOfFrames) ?? 1);
        var format = new PixelFormat(
            rows, columns, samples, allocated, stored, high, dataSet.Int(DicomTags.PixelRepresentation) == 1,
            PhotometricOf(dataSet.Text(DicomTags.PhotometricInterpretation), samples), dataSet.Int(DicomTags.PlanarConfiguration) == 1 && samples > 1,
            frames);
        return format.FrameSamples * format.SampleBytes > MaxFrameBytes
            ? new Fault($"A frame of {rows} × {columns} × {samples} samples is larger than the limit of {MaxFrameBytes} bytes.")
            : format;
    }

    private static int DefaultBits(DicomDataSet dataSet) =>
        dataSet.Contains(DicomTags.DoubleFloatPixelData) ? 64 : dataSet.Contains(DicomTags.FloatPixelData) ? 32 : 0;

    private static Photometric PhotometricOf(string? text, int samples) => text?.ToUpperInvariant() switch
    {
        "MONOCHROME1" => Photometric.Monochrome1,
        "MONOCHROME2" => Photometric.Monochrome2,
        "PALETTE COLOR" => Photometric.PaletteColor,
        "RGB" => Photometric.Rgb,
        "YBR_FULL" => Photometric.YbrFull,
        "YBR_FULL_422" => Photometric.YbrFull422,
        "YBR_PARTIAL_422" => Photometric.YbrPartial422,
        "YBR_PARTIAL_420" => Photometric.YbrPartial420,
        "YBR_ICT" => Photometric.YbrIct,
        "YBR_RCT" => Photometric.YbrRct,
        null => samples == 1 ? Photometric.Monochrome2 : Photometric.Rgb,
        _ => Photometric.Other,
    };
}
