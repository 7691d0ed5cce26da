using Pipeline.Actors.Training;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// Which of many candidates an update was made of. Each image that took part stands alone among the same others, which did not; an attacker without the update
/// points at it once in so many.
/// </summary>
public static class Identification
{
    /// <summary>How like the reconstruction each candidate is (Pearson's correlation).</summary>
    public static double[] Likeness(ReadOnlySpan<float> reconstruction, ImageSet candidates)
    {
        int area = candidates.Height * candidates.Width;
        var scores = new double[candidates.Count];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = ImageQuality.Correlation(candidates.Pixels.AsSpan(i * area, area), reconstruction);
        return scores;
    }

    /// <summary>Cosine of each candidate's own gradient with what was observed, over the coordinates that were sent.</summary>
    /// <param name="weights">The model that the updates are relative to.</param>
    /// <returns>Scores by update, then candidate.</returns>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static double[][] Alignment(
        TrainingNetwork network, float[] weights, IReadOnlyList<ObservedUpdate> updates, int classes, ImageSet candidates, CancellationToken stop = default)
    {
        int area = candidates.Height * candidates.Width;
        double[][] scores = [.. updates.Select(_ => new double[candidates.Count])];
        var gradient = new float[weights.Length];
        float[] even = [.. Enumerable.Repeat(1f, classes)];
        for (int i = 0; i < candidates.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            network.Gradient(weights, candidates.Pixels.AsSpan(i * area, area).ToArray(), [candidates.Labels[i]], candidates.Height, candidates.Width, even, gradient);
            for (int u = 0; u < updates.Count; u++)
                scores[u][i] = Cosine(gradient, updates[u]);
        }

        return scores;
    }

    private static double Cosine(float[] gradient, ObservedUpdate update)
    {
        double dot = 0, own = 0, other = 0;
        for (int k = 0; k < gradient.Length; k++)
        {
            if (!update.Sent[k])
                continue;
            dot += (double)gradient[k] * update.Gradient[k];
            own += (double)gradient[k] * gradient[k];
            other += (double)update.Gradient[k] * update.Gradient[k];
        }

        return own * other == 0 ? 0 : dot / Math.Sqrt(own * other);
    }

    /// <summary>Images that took part and score above every other.</summary>
    public static int Hits(IReadOnlyList<double> inside, IReadOnlyList<double> others) => inside.Count(score => score > others.Max());

    /// <summary>Probability that guessing hits at least so often: the binomial upper tail.</summary>
    /// <param name="trials">Images that took part.</param>
    /// <param name="candidates">Among which each stands.</param>
    public static double ChanceOf(int hits, int trials, int candidates) => ChanceOf(hits, trials, 1.0 / candidates);

    /// <inheritdoc cref="ChanceOf(int, int, int)"/>
    /// <param name="share">Of the trials that hit without knowing anything, below 1.</param>
    public static double ChanceOf(int hits, int trials, double share)
    {
        if (share >= 1)
            return 1;
        double below = 0, term = Math.Pow(1 - share, trials);
        for (int k = 0; k < hits; k++)
        {
            below += term;
            term *= (trials - k) / (k + 1.0) * share / (1 - share);
        }

        return Math.Clamp(1 - below, 0, 1);
    }
}
