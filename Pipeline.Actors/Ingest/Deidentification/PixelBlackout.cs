using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Blackens regions of an image, in a decoded frame or in the data set itself.</summary>
public static class PixelBlackout
{
    /// <summary>Black is the darkest value found outside the regions, so that a window taken from the image's own range stays what it was.</summary>
    public static NativeFrame Apply(NativeFrame frame, IReadOnlyList<PixelRegion> regions)
    {
        if (regions.Count == 0)
            return frame;
        var inside = new bool[frame.Values.Length];
        foreach (PixelRegion region in regions)
            Rows(region, frame.Rows, frame.Columns, (start, count) => inside.AsSpan(start, count).Fill(true));
        int? black = null;
        for (int i = 0; i < inside.Length; i++)
        {
            if (!inside[i])
                black = black is not { } value ? frame.Values[i] : frame.Inverted ? Math.Max(value, frame.Values[i]) : Math.Min(value, frame.Values[i]);
        }
        int[] values = [.. frame.Values.Select((value, i) => inside[i] ? black ?? 0 : value)];
        return frame with { Values = values };
    }

    /// <summary>The data set with the regions of every frame black. Compressed pixels are a fault: they cannot be changed without decoding.</summary>
    public static Outcome<DicomDataSet> Apply(DicomDataSet dataSet, IReadOnlyList<PixelRegion> regions)
    {
        if (regions.Count == 0)
            return dataSet;
        if (dataSet.Find(DicomTags.PixelData) is not { Fragments: null } pixels)
            return new Fault("Compressed pixels cannot be blackened; decompress the file first.");
        int rows = dataSet.Int(DicomTags.Rows) ?? 0, columns = dataSet.Int(DicomTags.Columns) ?? 0;
        int allocated = dataSet.Int(DicomTags.BitsAllocated) ?? 0, samples = dataSet.Int(DicomTags.SamplesPerPixel) ?? 1;
        if (rows < 1 || columns < 1 || allocated is not (8 or 16 or 32) || samples is < 1 or > 4)
            return new Fault($"Rows {rows}, columns {columns}, bits allocated {allocated}, samples {samples} do not describe pixels that can be blackened.");
        string photometric = dataSet.Text(DicomTags.PhotometricInterpretation) ?? "";
        if (photometric.StartsWith("YBR_FULL_4", StringComparison.Ordinal) || photometric.StartsWith("YBR_PARTIAL_4", StringComparison.Ordinal))
            return new Fault("Subsampled color cannot be blackened; convert the file first.");

        bool planar = samples > 1 && dataSet.Int(DicomTags.PlanarConfiguration) == 1;
        int unit = allocated / 8 * (planar ? 1 : samples);
        long plane = (long)rows * columns * unit;
        byte[] bytes = pixels.Value.ToArray();
        byte[] black = Black(dataSet, photometric, allocated / 8, samples);
        for (long start = 0, index = 0; start + plane <= bytes.Length; start += plane, index++)
        {
            int sample = planar ? (int)(index % samples) : 0;
            byte[] pattern = planar ? black[(sample * allocated / 8)..((sample + 1) * allocated / 8)] : black;
            foreach (PixelRegion region in regions)
            {
                Rows(region, rows, columns, (first, count) =>
                {
                    for (int i = 0; i < count; i++)
                        pattern.CopyTo(bytes, start + (long)(first + i) * unit);
                });
            }
        }
        var copy = new DicomDataSet();
        foreach (DicomElement element in dataSet.Elements)
            copy.Set(element.Tag == DicomTags.PixelData ? element with { Value = bytes } : element);
        return copy;
    }

    /// <summary>Bytes of one black pixel, its samples one behind the other.</summary>
    private static byte[] Black(DicomDataSet dataSet, string photometric, int sampleBytes, int samples)
    {
        byte[] black = new byte[sampleBytes * samples];
        int stored = dataSet.Int(DicomTags.BitsStored) ?? 8 * sampleBytes;
        if (photometric == "MONOCHROME1")
        {
            long white = (1L << (dataSet.Int(DicomTags.PixelRepresentation) == 1 ? stored - 1 : stored)) - 1;
            for (int i = 0; i < sampleBytes; i++)
                black[i] = (byte)(white >> (8 * i));
        }
        else if (photometric.StartsWith("YBR", StringComparison.Ordinal) && samples == 3)
        {
            // Chroma without color is the middle of the range (PS3.3 C.7.6.3.1.2).
            black[sampleBytes * 2 - 1] = 0x80;
            black[sampleBytes * 3 - 1] = 0x80;
        }
        return black;
    }

    private static void Rows(PixelRegion region, int rows, int columns, Action<int, int> row)
    {
        int left = Math.Min(region.Left, columns), right = (int)Math.Min((long)region.Left + region.Width, columns);
        int bottom = (int)Math.Min((long)region.Top + region.Height, rows);
        for (int y = region.Top; y < bottom && right > left; y++)
            row(y * columns + left, right - left);
    }
}
