namespace Pipeline.Ledger.Rounds;

/// <summary>How many coordinates of each backbone tensor an update carries under <see cref="UpdateSelection.LargestOfTensor"/>.</summary>
public static class TensorQuotas
{
    /// <summary>
    /// What is left over of a share goes to other tensors in other rounds, so that over rounds each has its exact share, however small: none is never sent.
    /// </summary>
    /// <param name="count">Selected coordinates in all, at most the backbone's length.</param>
    /// <param name="round">Any.</param>
    /// <returns>By backbone tensor, in layout order; within one of its exact share, and <paramref name="count"/> together.</returns>
    public static int[] Of(ModelLayout layout, int count, long round)
    {
        var backbone = layout.Coordinates.Backbone;
        // Multiples of the golden section lie evenly in any stretch of rounds.
        ulong length = (ulong)layout.SparseLength, offset = length == 0 ? 0 : (ulong)round % length * (length * 618_034 / 1_000_000 | 1) % length;
        var quotas = new int[backbone.Length];
        for (int t = 0; t < quotas.Length; t++)
            quotas[t] = UpTo(backbone[t].Start + backbone[t].Length) - UpTo(backbone[t].Start);
        return quotas;

        int UpTo(int position) => (int)(((ulong)count * (ulong)position + offset) / length);
    }

    /// <summary>Null when no tensor has more of an update's positions than its quota of the <paramref name="count"/> that the round allows; otherwise which has.</summary>
    /// <param name="positions">Ascending.</param>
    public static string? Check(ModelLayout layout, int count, long round, ReadOnlySpan<int> positions)
    {
        var backbone = layout.Coordinates.Backbone;
        int[] quotas = Of(layout, count, round);
        int at = 0;
        for (int t = 0; t < quotas.Length; t++)
        {
            int first = at;
            while (at < positions.Length && positions[at] < backbone[t].Start + backbone[t].Length)
                at++;
            if (at - first > quotas[t])
                return $"{at - first} selected coordinates of the backbone's tensor {t}; its share in round {round} is {quotas[t]}";
        }

        return null;
    }
}
