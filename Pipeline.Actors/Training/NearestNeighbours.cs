namespace Pipeline.Actors.Training;

/// <summary>Class probabilities from the most similar training features (cosine), for probing a backbone and for kNN-Per (Marfoq et al. 2022).</summary>
public static class NearestNeighbours
{
    /// <param name="memory">M × F features with <paramref name="labels"/>.</param>
    /// <param name="queries">N × F features.</param>
    /// <param name="neighbours">k; at most half of the memory is used.</param>
    /// <returns>N × classes, row-major.</returns>
    public static float[] Predict(float[] memory, int[] labels, float[] queries, int classes, int neighbours)
    {
        int width = memory.Length / labels.Length, count = queries.Length / width, k = Math.Clamp(neighbours, 1, Math.Max(1, labels.Length / 2));
        var stored = Normalize(memory, width);
        var asked = Normalize(queries, width);
        var probabilities = new float[count * classes];
        var similarity = new float[labels.Length];
        var order = new int[labels.Length];
        for (int q = 0; q < count; q++)
        {
            for (int m = 0; m < labels.Length; m++)
            {
                similarity[m] = -Dot(stored.AsSpan(m * width, width), asked.AsSpan(q * width, width));
                order[m] = m;
            }

            Array.Sort(similarity, order);
            // Similarity-weighted votes, so that scores rank finely.
            float sum = 0;
            for (int i = 0; i < k; i++)
            {
                float vote = MathF.Exp(-similarity[i] * 5);
                probabilities[q * classes + labels[order[i]]] += vote;
                sum += vote;
            }

            for (int c = 0; c < classes; c++)
                probabilities[q * classes + c] /= sum;
        }

        return probabilities;
    }

    private static float[] Normalize(float[] features, int width)
    {
        var result = (float[])features.Clone();
        for (int at = 0; at < result.Length; at += width)
        {
            var row = result.AsSpan(at, width);
            float norm = MathF.Sqrt(Dot(row, row));
            foreach (ref float value in row)
                value /= Math.Max(norm, 1e-12f);
        }

        return result;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
