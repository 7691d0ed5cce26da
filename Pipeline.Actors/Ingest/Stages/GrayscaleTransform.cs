using System.Buffers.Binary;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>
/// Stored values to 0 … 65535 as a reader would see them (PS3.3 C.11): modality LUT or rescale, then the VOI window or LUT, then MONOCHROME1 inversion.
/// Without a VOI the window is the image's own range between the 0.1st and 99.9th percentile, padding left out. The linear window is C.11.2.1.2.1, so
/// center 2^(n−1), width 2^n maps n-bit values by v · 65535 / (2^n − 1), exactly; for 16 bits that is the value itself. Luminance of a color image is
/// mapped so without a window, which is for gray images alone.
/// </summary>
public static class GrayscaleTransform
{
    private const double Top = 65535;

    /// <returns>Rows × columns, row-major, 0 … 65535, not rounded.</returns>
    public static Outcome<double[]> Apply(NativeFrame frame, DicomDataSet dataSet)
    {
        if (frame.FromColor)
            return Array.ConvertAll(frame.Values, value => value * (Top / ((1L << frame.BitsStored) - 1)));
        Outcome<double[]> modality = Modality(frame, dataSet);
        if (!modality.Ok)
            return modality.Fault;
        double[] values = modality.Value;
        bool[]? padding = Padding(frame, dataSet);
        Func<double, double> voi = Voi(values, padding, dataSet);
        var output = new double[values.Length];
        for (int i = 0; i < output.Length; i++)
        {
            if (padding is not null && padding[i])
                continue;
            double y = Math.Clamp(voi(values[i]), 0, Top);
            output[i] = frame.Inverted ? Top - y : y;
        }
        return output;
    }

    private static Outcome<double[]> Modality(NativeFrame frame, DicomDataSet dataSet)
    {
        var values = new double[frame.Values.Length];
        if (Lut.Read(dataSet, DicomTags.ModalityLutSequence) is { } lut)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = lut[frame.Values[i]];
            return values;
        }
        double slope = dataSet.Number(DicomTags.RescaleSlope) ?? 1, intercept = dataSet.Number(DicomTags.RescaleIntercept) ?? 0;
        if (slope == 0)
            return new Fault("Rescale Slope (0028,1053) is zero.");
        for (int i = 0; i < values.Length; i++)
            values[i] = frame.Values[i] * slope + intercept;
        return values;
    }

    private static Func<double, double> Voi(double[] values, bool[]? padding, DicomDataSet dataSet)
    {
        if (dataSet.Number(DicomTags.WindowCenter) is { } center && dataSet.Number(DicomTags.WindowWidth) is { } width && width >= 1)
        {
            return dataSet.Text(DicomTags.VoiLutFunction) switch
            {
                "SIGMOID" => x => Top / (1 + Math.Exp(-4 * (x - center) / width)),
                "LINEAR_EXACT" => x => ((x - center) / width + .5) * Top,
                _ => x => width == 1 ? (x <= center - .5 ? 0 : Top) : ((x - (center - .5)) / (width - 1) + .5) * Top,
            };
        }
        if (Lut.Read(dataSet, DicomTags.VoiLutSequence) is { } lut)
            return x => lut[(int)Math.Round(x)] * (Top / lut.Maximum);
        (double low, double high) = Range(values, padding);
        return x => high > low ? (x - low) / (high - low) * Top : 0;
    }

    private static (double Low, double High) Range(double[] values, bool[]? padding)
    {
        double[] sorted = padding is null ? [.. values] : [.. values.Where((_, i) => !padding[i])];
        if (sorted.Length == 0)
            return (0, 0);
        Array.Sort(sorted);
        int cut = sorted.Length / 1000;
        return (sorted[cut], sorted[^(cut + 1)]);
    }

    /// <summary>Pixels that are no image: the padding value or range, in stored values (PS3.3 C.7.5.1.1.2).</summary>
    private static bool[]? Padding(NativeFrame frame, DicomDataSet dataSet)
    {
        if (dataSet.Int(DicomTags.PixelPaddingValue) is not { } value)
            return null;
        int limit = dataSet.Int(DicomTags.PixelPaddingRangeLimit) ?? value;
        if (frame.Signed)
            (value, limit) = ((short)value, (short)limit);
        (int low, int high) = (Math.Min(value, limit), Math.Max(value, limit));
        return Array.ConvertAll(frame.Values, v => v >= low && v <= high);
    }

    /// <summary>A lookup table: descriptor {entries, first value mapped, bits} and data (PS3.3 C.11.1.1).</summary>
    private sealed record Lut(int First, int[] Entries, int Maximum)
    {
        public double this[int value] => Entries[Math.Clamp(value - First, 0, Entries.Length - 1)];

        public static Lut? Read(DicomDataSet dataSet, DicomTag sequence)
        {
            if (dataSet.Find(sequence)?.Items is not [{ } item, ..] || item.Find(DicomTags.LutDescriptor) is not { Value.Length: >= 6 } descriptor
                || item.Find(DicomTags.LutData) is not { } data)
                return null;
            int count = BinaryPrimitives.ReadUInt16LittleEndian(descriptor.Value.Span), bits = descriptor.Value.Span[4];
            count = count == 0 ? 65536 : count;
            int first = descriptor.VR == DicomVR.SS || dataSet.Int(DicomTags.PixelRepresentation) == 1
                ? BinaryPrimitives.ReadInt16LittleEndian(descriptor.Value.Span[2..]) : BinaryPrimitives.ReadUInt16LittleEndian(descriptor.Value.Span[2..]);
            int available = data.Value.Length / 2;
            if (bits is < 1 or > 16 || available < count)
                return null;
            int[] entries = new int[count];
            for (int i = 0; i < count; i++)
                entries[i] = BinaryPrimitives.ReadUInt16LittleEndian(data.Value.Span[(2 * i)..]);
            return new Lut(first, entries, (1 << bits) - 1);
        }
    }
}
