using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// The likelihood-ratio attack (LiRA; Carlini et al. 2022): shadow models, each trained without half of the patients, tell for every image how a model answers
/// that was trained on it and one that was not; the attacked model's answer is compared with the two. One variance for all images, as few shadow models want it.
/// </summary>
public static class LikelihoodRatio
{
    private const double SmallestProbability = 1e-12, SmallestDeviation = 1e-3;

    /// <summary>Logit of the true class, which is nearly normal over models: log p/(1 − p), of an image's loss in nats.</summary>
    public static double LogOdds(double loss)
    {
        double probability = Math.Clamp(Math.Exp(-loss), SmallestProbability, 1 - SmallestProbability);
        return Math.Log(probability / (1 - probability));
    }

    /// <summary>Who takes part in which shadow model: every patient in half of them, drawn by lot.</summary>
    /// <returns>By shadow model, by image.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than two shadow models, or an odd number.</exception>
    public static bool[][] Halves(IReadOnlyList<string> patients, int shadows, SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shadows, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(shadows % 2, 0, nameof(shadows));
        bool[][] took = [.. Enumerable.Range(0, shadows).Select(_ => new bool[patients.Count])];
        int[] order = [.. Enumerable.Range(0, shadows)];
        foreach (var patient in Enumerable.Range(0, patients.Count).GroupBy(i => patients[i], StringComparer.Ordinal))
        {
            random.Shuffle(order.AsSpan());
            foreach (int shadow in order.Take(shadows / 2))
            {
                foreach (int image in patient)
                    took[shadow][image] = true;
            }
        }

        return took;
    }

    /// <summary>Log-likelihood ratio of each image; the larger, the more like one that was trained on.</summary>
    /// <param name="target">Losses of the attacked model, by image (nats).</param>
    /// <param name="shadows">Losses of the shadow models.</param>
    /// <param name="took">Which images each was trained on; every image in some and out of some.</param>
    public static double[] Scores(double[] target, IReadOnlyList<double[]> shadows, bool[][] took)
    {
        var inside = new (double Mean, double[] Off)[target.Length];
        var outside = new (double Mean, double[] Off)[target.Length];
        for (int i = 0; i < target.Length; i++)
        {
            int image = i;
            inside[i] = Spread(Enumerable.Range(0, took.Length).Where(s => took[s][image]).Select(s => LogOdds(shadows[s][image])));
            outside[i] = Spread(Enumerable.Range(0, took.Length).Where(s => !took[s][image]).Select(s => LogOdds(shadows[s][image])));
        }

        double within = Deviation(inside), without = Deviation(outside);
        return [.. target.Select((loss, i) =>
            LogDensity(LogOdds(loss), inside[i].Mean, within) - LogDensity(LogOdds(loss), outside[i].Mean, without))];
    }

    private static (double Mean, double[] Off) Spread(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return (mean, [.. all.Select(v => v - mean)]);
    }

    private static double Deviation((double Mean, double[] Off)[] spreads) =>
        Math.Max(SmallestDeviation, Math.Sqrt(spreads.SelectMany(s => s.Off).Average(off => off * off)));

    private static double LogDensity(double value, double mean, double deviation) =>
        -Math.Log(deviation) - (value - mean) * (value - mean) / (2 * deviation * deviation);
}
