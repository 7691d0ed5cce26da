using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// Canaries (Carlini et al. 2019): images with a label drawn by lot are trained on; what a model knows of that lot it can only have memorised. Half of them
/// take part, the other half are drawn alike and do not.
/// </summary>
public static class Canaries
{
    /// <summary>The images with labels drawn by lot, every other one to be trained on.</summary>
    public static (ImageSet In, ImageSet Out) Draw(ImageSet images, int classes, SeededRandom random)
    {
        int[] order = [.. Enumerable.Range(0, images.Count)];
        random.Shuffle(order.AsSpan());
        var marked = images.WithLabels(Baselines.RandomLabels(images.Count, classes, random));
        return (marked.Subset([.. order.Where((_, i) => i % 2 == 0)]), marked.Subset([.. order.Where((_, i) => i % 2 == 1)]));
    }

    /// <summary>
    /// Mean exposure of the canaries that took part, in bits: log₂ of how many were drawn less log₂ of the rank of its loss among those that did not. 1.44 is what
    /// chance gives where many were drawn; log₂ of their number is complete memory.
    /// </summary>
    public static double Exposure(IReadOnlyList<double> inside, IReadOnlyList<double> outside) => inside.Average(
        loss => Math.Log2(outside.Count + 1) - Math.Log2(1 + outside.Count(other => other < loss)));
}
