namespace Pipeline.Actors.Training;

/// <summary>How a site trains, beside the chain's policy.</summary>
/// <param name="ClassWeights">Common to the chain, never per site; empty weighs classes alike.</param>
/// <param name="MinimumPerClass">Training images of each class below which a site waits.</param>
/// <param name="WarmUp">Share of all steps over which the rate rises from zero.</param>
public sealed record TrainerSettings(
    Augmentation Augmentation, IReadOnlyList<float> ClassWeights, int MinimumPerClass = 4, double WarmUp = 0.05)
{
    public static TrainerSettings Default { get; } = new(Augmentation.Default, []);
}
