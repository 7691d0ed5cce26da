namespace Pipeline.Actors.Ingest.Stages;

/// <summary>Separable resampling to a fixed size: area average along an axis that shrinks, linear interpolation along one that grows.</summary>
public static class Resampler
{
    /// <param name="source">rows × columns, row-major.</param>
    /// <returns>height × width, row-major; the source itself where the size is right already.</returns>
    public static double[] Resize(double[] source, int rows, int columns, int height, int width)
    {
        if (rows == height && columns == width)
            return source;
        Tap[] horizontal = Taps(columns, width), vertical = Taps(rows, height);
        var narrow = new double[rows * width];
        for (int y = 0; y < rows; y++)
        {
            ReadOnlySpan<double> row = source.AsSpan(y * columns, columns);
            for (int x = 0; x < width; x++)
            {
                Tap tap = horizontal[x];
                double sum = 0;
                for (int i = 0; i < tap.Weights.Length; i++)
                    sum += tap.Weights[i] * row[tap.Start + i];
                narrow[y * width + x] = sum;
            }
        }
        var output = new double[height * width];
        for (int y = 0; y < height; y++)
        {
            Tap tap = vertical[y];
            Span<double> row = output.AsSpan(y * width, width);
            for (int i = 0; i < tap.Weights.Length; i++)
            {
                ReadOnlySpan<double> from = narrow.AsSpan((tap.Start + i) * width, width);
                double weight = tap.Weights[i];
                for (int x = 0; x < width; x++)
                    row[x] += weight * from[x];
            }
        }
        return output;
    }

    private static Tap[] Taps(int from, int to)
    {
        var taps = new Tap[to];
        double scale = (double)from / to;
        for (int i = 0; i < to; i++)
            taps[i] = scale > 1 ? Area(i * scale, (i + 1) * scale, from) : Linear((i + .5) * scale - .5, from);
        return taps;
    }

    private static Tap Area(double low, double high, int from)
    {
        int first = (int)low, last = Math.Min(from, (int)Math.Ceiling(high - 1e-9));
        var weights = new double[last - first];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (double)((Math.Min(high, first + i + 1) - Math.Max(low, first + i)) / (high - low));
        return new Tap(first, weights);
    }

    private static Tap Linear(double center, int from)
    {
        double at = Math.Clamp(center, 0, from - 1);
        int first = Math.Min((int)at, Math.Max(0, from - 2));
        double second = (double)(at - first);
        return from == 1 ? new Tap(0, [1]) : new Tap(first, [1 - second, second]);
    }

    private readonly record struct Tap(int Start, double[] Weights);
}
