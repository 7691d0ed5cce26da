using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Privacy;

/// <summary>A round's images by the unit of privacy, and the Poisson sampling of it.</summary>
public static class PrivacyUnits
{
    /// <summary>Indices of each unit's images.</summary>
    /// <param name="patients">Pseudonym of each image's patient.</param>
    public static int[][] Of(PrivacyUnit unit, IReadOnlyList<string> patients) => unit == PrivacyUnit.Image
        ? [.. Enumerable.Range(0, patients.Count).Select(i => new[] { i })]
        : [.. Enumerable.Range(0, patients.Count).GroupBy(i => patients[i], StringComparer.Ordinal).Select(group => group.ToArray())];

    /// <summary>Every unit by itself with probability <paramref name="rate"/>; none at all is a sample too, and the accountant counts on it.</summary>
    public static List<int> Sample(int units, double rate, IPrivacyNoise noise)
    {
        var sampled = new List<int>();
        for (int unit = 0; unit < units; unit++)
        {
            if (noise.NextDouble() < rate)
                sampled.Add(unit);
        }

        return sampled;
    }

    /// <summary>At most <paramref name="count"/> of a unit's images, each as likely as any other.</summary>
    public static int[] Choose(int[] images, int count, IPrivacyNoise noise)
    {
        if (images.Length <= count)
            return images;
        int[] chosen = [.. images];
        for (int i = 0; i < count; i++)
        {
            int j = i + (int)((chosen.Length - i) * noise.NextDouble());
            (chosen[i], chosen[j]) = (chosen[j], chosen[i]);
        }

        return chosen[..count];
    }
}
