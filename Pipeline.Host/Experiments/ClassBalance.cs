using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Class weights common to a chain, from counts that each site publishes with two-sided geometric noise (Ghosh, Roughgarden, Sundararajan 2012):
/// weights of a single site's would tell its prevalence and pull its updates apart from the others'.
/// </summary>
public static class ClassBalance
{
    /// <summary>ε of one image's presence in a site's published counts.</summary>
    private const double Epsilon = 0.5;

    /// <param name="counts">Training images by site and class.</param>
    /// <returns>Weights with mean 1 over the images.</returns>
    public static float[] Weights(IReadOnlyList<int[]> counts, Digest seed)
    {
        int classes = counts[0].Length;
        var noisy = new double[classes];
        for (int site = 0; site < counts.Count; site++)
        {
            var random = SeededRandom.Derive(seed, $"class-counts/{site}");
            for (int c = 0; c < classes; c++)
                noisy[c] += counts[site][c] + Geometric(random) - Geometric(random);
        }

        double total = noisy.Sum(n => Math.Max(1, n));
        return [.. noisy.Select(n => (float)(total / classes / Math.Max(1, n)))];
    }

    private static int Geometric(SeededRandom random) => (int)Math.Floor(Math.Log(1 - random.NextDouble()) / -Epsilon);
}
