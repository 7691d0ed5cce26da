namespace Pipeline.Actors.Training.Sharing;

/// <summary>Cuts a batch over trainers: even parts in the order of the draw, none so small that calls cost more than images.</summary>
public static class BatchSplit
{
    /// <summary>Images of the smallest part; with fewer, fewer trainers have one.</summary>
    public const int Fewest = 4;

    /// <param name="trainers">At least 1.</param>
    /// <returns>One range for each trainer that has a part; together the whole batch, sizes differing by one at most.</returns>
    public static (int Start, int Count)[] Of(int images, int trainers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trainers, 1);
        int parts = Math.Clamp(images / Fewest, 1, trainers);
        var ranges = new (int, int)[parts];
        for (int i = 0; i < parts; i++)
        {
            int start = (int)((long)images * i / parts);
            ranges[i] = (start, (int)((long)images * (i + 1) / parts) - start);
        }

        return ranges;
    }
}
