namespace Pipeline.Actors.Training;

/// <summary>Cross-entropy in which every class weighs alike, image by image.</summary>
public static class BalancedLoss
{
    /// <summary>Probabilities below this count as this: one confident error does not decide a comparison of few images.</summary>
    private const float Floor = 0.01f;

    /// <param name="probabilities">N × classes, row-major.</param>
    /// <returns>N losses (nats) whose mean is the mean over the occurring classes of each one's mean.</returns>
    public static double[] Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        var counts = new int[classes];
        foreach (int label in labels)
            counts[label]++;
        int occurring = counts.Count(c => c > 0);
        var losses = new double[labels.Length];
        for (int i = 0; i < losses.Length; i++)
        {
            float p = Math.Max(Floor, probabilities[i * classes + labels[i]]);
            losses[i] = -Math.Log(p) * labels.Length / (occurring * (double)counts[labels[i]]);
        }

        return losses;
    }
}
