namespace Pipeline.Actors.Training;

/// <summary>Do a model's probabilities mean what they say?</summary>
public static class Calibration
{
    /// <summary>Expected calibration error (Guo et al. 2017): mean gap between confidence and accuracy of the winning class, over equally wide bins.</summary>
    /// <param name="probabilities">N × classes, row-major.</param>
    /// <returns>0 … 1; NaN for an empty set.</returns>
    public static double Error(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, int classes, int bins = 10)
    {
        if (labels.Length == 0)
            return double.NaN;
        Span<double> gap = stackalloc double[bins];
        for (int i = 0; i < labels.Length; i++)
        {
            var row = probabilities.Slice(i * classes, classes);
            int best = 0;
            for (int c = 1; c < classes; c++)
                best = row[c] > row[best] ? c : best;
            gap[Math.Clamp((int)(row[best] * bins), 0, bins - 1)] += row[best] - (best == labels[i] ? 1 : 0);
        }

        double sum = 0;
        foreach (double g in gap)
            sum += Math.Abs(g);
        return sum / labels.Length;
    }
}
