using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// What the last layer gives away without any search. Its bias gradient is Σ (p − y) over the images, its weight gradient Σ (p − y) fᵀ: for one
/// image the label is the only negative entry (iDLG; Zhao et al. 2020), and the features are the quotient of the two (Phong et al. 2018).
/// </summary>
public static class HeadLeak
{
    /// <summary>The label that one image must have had; of several images the class that pulled hardest.</summary>
    public static int Label(ModelLayout layout, float[] gradient)
    {
        var bias = Bias(layout, gradient);
        int least = 0;
        for (int c = 1; c < bias.Length; c++)
        {
            if (bias[c] < bias[least])
                least = c;
        }

        return least;
    }

    /// <summary>How many images of each class a batch held: nᶜ = N·p̄ᶜ − N·gᶜ, rounded to sum to N.</summary>
    /// <param name="probabilities">Mean class probabilities that the base model gives; an attacker takes those of its own images.</param>
    public static int[] Counts(ModelLayout layout, float[] gradient, int batch, IReadOnlyList<double> probabilities)
    {
        var bias = Bias(layout, gradient).ToArray();
        double[] exact = [.. bias.Select((g, c) => Math.Clamp(batch * (probabilities[c] - g), 0, batch))];
        double total = exact.Sum();
        int[] counts = [.. exact.Select(n => total == 0 ? 0 : (int)Math.Floor(n * batch / total))];
        foreach (int c in Enumerable.Range(0, counts.Length).OrderByDescending(c => total == 0 ? 0 : exact[c] * batch / total - counts[c]).Take(batch - counts.Sum()))
            counts[c]++;
        return counts;
    }

    /// <summary>The features of one image as the head saw them; null where the gradient says nothing.</summary>
    public static float[]? Features(ModelLayout layout, float[] gradient)
    {
        var bias = Bias(layout, gradient);
        int best = 0;
        for (int c = 1; c < bias.Length; c++)
        {
            if (Math.Abs(bias[c]) > Math.Abs(bias[best]))
                best = c;
        }

        if (Math.Abs(bias[best]) < 1e-12)
            return null;
        int width = layout.Tensors[^2].Length / bias.Length;
        var row = gradient.AsSpan(layout.Offsets[^2] + best * width, width);
        var features = new float[width];
        for (int i = 0; i < width; i++)
            features[i] = row[i] / bias[best];
        return features;
    }

    private static ReadOnlySpan<float> Bias(ModelLayout layout, float[] gradient) => gradient.AsSpan(layout.Offsets[^1], layout.Tensors[^1].Length);
}
