using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// The loss-threshold attack (Yeom et al. 2018): an image that a model was trained on tends to have a smaller loss. One threshold for all; its AUC is
/// that of telling members from others by loss alone.
/// </summary>
public static class Membership
{
    /// <summary>Cross-entropy of each image (nats).</summary>
    public static double[] Losses(SiteTrainer trainer, float[] weights, ImageSet images)
    {
        float[] probabilities = trainer.Predict(weights, images).Probabilities;
        int classes = images.Count == 0 ? 0 : probabilities.Length / images.Count;
        return [.. images.Labels.Select((label, i) => -Math.Log(Math.Max(probabilities[i * classes + label], 1e-12)))];
    }

    /// <summary>Probability that a member's loss is below a non-member's, ties half; .5 is chance, NaN where one side is empty.</summary>
    public static double Auc(IReadOnlyList<double> members, IReadOnlyList<double> others)
    {
        if (members.Count == 0 || others.Count == 0)
            return double.NaN;
        double[] sorted = [.. others.Order()];
        double below = 0;
        foreach (double loss in members)
        {
            int from = LowerBound(sorted, loss), to = from;
            while (to < sorted.Length && sorted[to] == loss)
                to++;
            below += sorted.Length - to + 0.5 * (to - from);
        }

        return below / ((double)members.Count * others.Count);
    }

    /// <summary>Share of members whose value is below all but <paramref name="falsePositives"/> of the others': how many an attacker is sure of.</summary>
    public static double Found(IReadOnlyList<double> members, IReadOnlyList<double> others, double falsePositives)
    {
        double[] sorted = [.. others.Order()];
        double threshold = sorted[Math.Min(sorted.Length - 1, (int)(falsePositives * sorted.Length))];
        return members.Count(m => m < threshold) / (double)members.Count;
    }

    /// <summary>95 % interval of the AUC, patients of either side resampled.</summary>
    public static (double Low, double High) Interval(
        IReadOnlyList<double> members, IReadOnlyList<string> memberPatients, IReadOnlyList<double> others, IReadOnlyList<string> otherPatients,
        SeededRandom random, int resamples = 500)
    {
        int[][] inside = Groups(memberPatients), outside = Groups(otherPatients);
        var values = new double[resamples];
        for (int r = 0; r < resamples; r++)
            values[r] = Auc(Draw(members, inside, random), Draw(others, outside, random));
        Array.Sort(values);
        return (values[(int)(0.025 * (resamples - 1))], values[(int)(0.975 * (resamples - 1))]);
    }

    /// <summary>
    /// The AUC where each part of the images was left out of one training in turn, so that every image is once among the others: what is easy about an image
    /// or a patient is on both sides. The mean over the parts, and its 95 % interval, patients resampled.
    /// </summary>
    /// <param name="losses">Of every image, by the model that was trained without a part, in the order of the parts.</param>
    /// <param name="parts">The part of each image.</param>
    public static (double Auc, double Low, double High) LeftOut(
        IReadOnlyList<double[]> losses, IReadOnlyList<int> parts, IReadOnlyList<string> patients, SeededRandom random, int resamples = 500)
    {
        int[][] groups = Groups(patients);
        var values = new List<double>(resamples);
        for (int r = 0; r < resamples; r++)
            values.Add(Mean([.. groups.SelectMany(_ => groups[random.Next(groups.Length)])]));
        values.RemoveAll(double.IsNaN);
        values.Sort();
        return values.Count == 0
            ? (Mean([.. Enumerable.Range(0, parts.Count)]), double.NaN, double.NaN)
            : (Mean([.. Enumerable.Range(0, parts.Count)]), values[(int)(0.025 * (values.Count - 1))], values[(int)(0.975 * (values.Count - 1))]);

        // A part of which nobody was drawn tells nothing.
        double Mean(int[] images) => Enumerable.Range(0, losses.Count)
            .Select(part => Auc(
                [.. images.Where(i => parts[i] != part).Select(i => losses[part][i])], [.. images.Where(i => parts[i] == part).Select(i => losses[part][i])]))
            .Where(auc => !double.IsNaN(auc)).DefaultIfEmpty(double.NaN).Average();
    }

    private static int[][] Groups(IReadOnlyList<string> patients) =>
        [.. Enumerable.Range(0, patients.Count).GroupBy(i => patients[i], StringComparer.Ordinal).Select(g => g.ToArray())];

    private static List<double> Draw(IReadOnlyList<double> losses, int[][] groups, SeededRandom random)
    {
        var drawn = new List<double>(losses.Count);
        for (int i = 0; i < groups.Length; i++)
            drawn.AddRange(groups[random.Next(groups.Length)].Select(image => losses[image]));
        return drawn;
    }

    private static int LowerBound(double[] sorted, double value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
