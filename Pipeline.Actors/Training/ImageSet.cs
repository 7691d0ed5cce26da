using Pipeline.Actors.Ingest;

namespace Pipeline.Actors.Training;

/// <summary>
/// Samples as the network sees them, in managed memory: one-channel images less their surround (mean of a square around each pixel;
/// Jarrett et al. 2009), of deviation 1. Exposure and slow shading, which differ between scanners, are gone.
/// </summary>
public sealed class ImageSet
{
    private ImageSet(int height, int width, float[] pixels, int[] labels, string[] patients, UInt128[] marks)
    {
        Height = height;
        Width = width;
        Pixels = pixels;
        Labels = labels;
        Patients = patients;
        Marks = marks;
    }

    public int Height { get; }

    public int Width { get; }

    public int Count => Labels.Length;

    /// <summary>Count × Height × Width.</summary>
    public float[] Pixels { get; }

    public int[] Labels { get; }

    /// <summary>Pseudonym of each image's patient.</summary>
    public string[] Patients { get; }

    /// <summary>Tells the sample that each image came from; see <see cref="SampleMark"/>.</summary>
    public UInt128[] Marks { get; }

    /// <exception cref="ArgumentException">A sample has another size.</exception>
    public static ImageSet Of(IReadOnlyList<Sample> samples, int height, int width)
    {
        int area = height * width;
        var pixels = new float[samples.Count * area];
        for (int i = 0; i < samples.Count; i++)
        {
            var sample = samples[i];
            if (sample.Height != height || sample.Width != width || sample.Pixels.Length != area)
                throw new ArgumentException($"sample {sample.Id} is {sample.Height}×{sample.Width}, not {height}×{width}", nameof(samples));
            Standardize(sample.Pixels, pixels.AsSpan(i * area, area));
            SubtractSurround(pixels.AsSpan(i * area, area), height, width, Math.Max(1, height / 8));
        }

        return new ImageSet(height, width, pixels, [.. samples.Select(s => s.Label)], [.. samples.Select(s => s.Patient)], [.. samples.Select(SampleMark.Of)]);
    }

    public ImageSet Subset(IReadOnlyList<int> indices)
    {
        int area = Height * Width;
        var pixels = new float[indices.Count * area];
        for (int i = 0; i < indices.Count; i++)
            Pixels.AsSpan(indices[i] * area, area).CopyTo(pixels.AsSpan(i * area));
        return new ImageSet(
            Height, Width, pixels, [.. indices.Select(i => Labels[i])], [.. indices.Select(i => Patients[i])], [.. indices.Select(i => Marks[i])]);
    }

    public ImageSet WithLabels(int[] labels) => new(Height, Width, Pixels, labels, Patients, Marks);

    public static ImageSet Concat(IReadOnlyList<ImageSet> sets) => new(
        sets[0].Height, sets[0].Width, [.. sets.SelectMany(s => s.Pixels)], [.. sets.SelectMany(s => s.Labels)],
        [.. sets.SelectMany(s => s.Patients)], [.. sets.SelectMany(s => s.Marks)]);

    /// <summary>Images of each class.</summary>
    public int[] ClassCounts(int classes)
    {
        var counts = new int[classes];
        foreach (int label in Labels)
            counts[label]++;
        return counts;
    }

    private static void SubtractSurround(Span<float> image, int height, int width, int radius)
    {
        var copy = image.ToArray();
        double squares = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int top = Math.Max(0, y - radius), bottom = Math.Min(height - 1, y + radius);
                int left = Math.Max(0, x - radius), right = Math.Min(width - 1, x + radius);
                float sum = 0;
                for (int v = top; v <= bottom; v++)
                {
                    for (int u = left; u <= right; u++)
                        sum += copy[v * width + u];
                }

                float value = copy[y * width + x] - sum / ((bottom - top + 1) * (right - left + 1));
                image[y * width + x] = value;
                squares += (double)value * value;
            }
        }

        float scale = (float)(1 / Math.Sqrt(Math.Max(squares / image.Length, 1e-6)));
        foreach (ref float value in image)
            value *= scale;
    }

    private static void Standardize(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        double sum = 0, squares = 0;
        foreach (ushort value in source)
        {
            sum += value;
            squares += (double)value * value;
        }

        double mean = sum / source.Length, deviation = Math.Sqrt(Math.Max(squares / source.Length - mean * mean, 1));
        for (int i = 0; i < source.Length; i++)
            destination[i] = (float)((source[i] - mean) / deviation);
    }
}
