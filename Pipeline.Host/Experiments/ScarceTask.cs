using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>A task with few training images, drawn from a larger one.</summary>
internal static class ScarceTask
{
    /// <summary>The same task, validation and test images, with <paramref name="images"/> training images in all, from every institution and class as evenly as they have them.</summary>
    public static LearningTask Of(LearningTask task, int images, Digest seed)
    {
        int classes = task.Classes;
        var order = task.Sites.Select((site, index) =>
        {
            var random = SeededRandom.Derive(seed, $"scarce/{index}");
            return Enumerable.Range(0, classes).Select(c =>
            {
                int[] rows = [.. Enumerable.Range(0, site.Train.Count).Where(i => site.Train.Labels[i] == c)];
                random.Shuffle(rows.AsSpan());
                return new Queue<int>(rows);
            }).ToArray();
        }).ToArray();
        var taken = task.Sites.Select(_ => new List<int>()).ToArray();
        int left = Math.Min(images, task.Sites.Sum(s => s.Train.Count));
        for (int c = 0; left > 0; c = (c + 1) % classes)
        {
            for (int site = 0; site < taken.Length && left > 0; site++)
            {
                if (!order[site][c].TryDequeue(out int row))
                    continue;
                taken[site].Add(row);
                left--;
            }
        }

        return new LearningTask(
            task.Name, task.Descriptor, [.. task.Sites.Select((site, i) => site with { Samples = [], Train = site.Train.Subset([.. taken[i].Order()]) })], task.Refused);
    }
}
