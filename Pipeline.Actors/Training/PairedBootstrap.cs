using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Training;

/// <summary>Is one set of predictions better than another on the same images? Patients, not images, are resampled: they are what is independent.</summary>
public static class PairedBootstrap
{
    /// <summary>The gain in macro AUC and the lower end of its one-sided interval.</summary>
    /// <param name="candidate">N × classes, row-major.</param>
    /// <param name="reference">Of the same images.</param>
    /// <param name="confidence">0.95: the gain is above the bound with 95 % confidence.</param>
    /// <param name="folds">Of each image, where another model speaks of each fold and on another scale: areas are taken fold by fold and averaged.</param>
    /// <returns>(NaN, NaN) when the images, or every fold of them, hold fewer than two classes; a bound of −∞ where a single patient cannot tell.</returns>
    public static (double Gain, double LowerBound) MacroAreaGain(
        float[] candidate, float[] reference, int[] labels, IReadOnlyList<string> patients, int classes, double confidence,
        SeededRandom random, int resamples = 400, IReadOnlyList<int>? folds = null)
    {
        var all = Enumerable.Range(0, labels.Length).ToList();
        double gain = Gain(all);
        if (double.IsNaN(gain))
            return (double.NaN, double.NaN);
        var groups = all.GroupBy(i => patients[i]).Select(g => g.ToArray()).ToArray();
        if (groups.Length < 2)
            return (gain, double.NegativeInfinity);
        var gains = new List<double>(resamples);
        for (int r = 0; r < resamples; r++)
        {
            var drawn = new List<int>(labels.Length);
            for (int g = 0; g < groups.Length; g++)
                drawn.AddRange(groups[random.Next(groups.Length)]);
            double value = Gain(drawn);
            if (!double.IsNaN(value))
                gains.Add(value);
        }

        if (gains.Count == 0)
            return (gain, double.NaN);
        gains.Sort();
        return (gain, gains[(int)((1 - confidence) * gains.Count)]);

        double Gain(List<int> rows) => folds is null
            ? GainOf(rows)
            : rows.GroupBy(i => folds[i]).Select(fold => GainOf([.. fold])).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

        double GainOf(List<int> rows)
        {
            int[] drawn = [.. rows.Select(i => labels[i])];
            return RocCurve.MacroArea(Rows(candidate, rows, classes), drawn, classes) - RocCurve.MacroArea(Rows(reference, rows, classes), drawn, classes);
        }
    }

    /// <summary>Lower end of the one-sided interval of a mean over images, patients resampled.</summary>
    /// <param name="gains">By image.</param>
    /// <returns>NaN for no image; −∞ where a single patient cannot tell.</returns>
    public static double MeanGainBound(double[] gains, IReadOnlyList<string> patients, double confidence, SeededRandom random, int resamples = 1000)
    {
        if (gains.Length == 0)
            return double.NaN;
        var groups = Enumerable.Range(0, gains.Length).GroupBy(i => patients[i])
            .Select(g => (Sum: g.Sum(i => gains[i]), Count: g.Count())).ToArray();
        if (groups.Length < 2)
            return double.NegativeInfinity;
        var means = new double[resamples];
        for (int r = 0; r < resamples; r++)
        {
            double sum = 0;
            int count = 0;
            for (int g = 0; g < groups.Length; g++)
            {
                var drawn = groups[random.Next(groups.Length)];
                sum += drawn.Sum;
                count += drawn.Count;
            }

            means[r] = sum / count;
        }

        Array.Sort(means);
        return means[(int)((1 - confidence) * resamples)];
    }

    private static float[] Rows(float[] values, List<int> rows, int classes)
    {
        var picked = new float[rows.Count * classes];
        for (int i = 0; i < rows.Count; i++)
            values.AsSpan(rows[i] * classes, classes).CopyTo(picked.AsSpan(i * classes));
        return picked;
    }
}
