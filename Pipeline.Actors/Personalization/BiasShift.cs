namespace Pipeline.Actors.Personalization;

/// <summary>
/// A shift of the head's bias for a site whose patients are not those the chain's model is balanced for: one number a class, so that few images tell it
/// (Saerens et al. 2002 correct priors likewise; here the labels are known).
/// </summary>
public static class BiasShift
{
    private const int Steps = 400;
    private const double Rate = 0.5, Shrinkage = 0.05, Floor = 1e-6;

    /// <summary>Minimises class-balanced cross-entropy of softmax(log p + shift), the shift drawn to zero.</summary>
    /// <param name="probabilities">On images that the model was not trained on, N × classes, row-major.</param>
    /// <returns>By class; zeros for no image.</returns>
    public static double[] Fit(float[] probabilities, int[] labels, int classes)
    {
        var shift = new double[classes];
        var counts = new int[classes];
        foreach (int label in labels)
            counts[label]++;
        int occurring = counts.Count(c => c > 0);
        var row = new double[classes];
        for (int step = 0; step < Steps && labels.Length > 0; step++)
        {
            double[] gradient = [.. shift.Select(s => Shrinkage * s)];
            for (int i = 0; i < labels.Length; i++)
            {
                double weight = 1.0 / (occurring * counts[labels[i]]), total = 0;
                for (int c = 0; c < classes; c++)
                    total += row[c] = Math.Max(Floor, probabilities[i * classes + c]) * Math.Exp(shift[c]);
                for (int c = 0; c < classes; c++)
                    gradient[c] += weight * (row[c] / total - (c == labels[i] ? 1 : 0));
            }

            for (int c = 0; c < classes; c++)
                shift[c] -= Rate * gradient[c];
        }

        return shift;
    }
}
