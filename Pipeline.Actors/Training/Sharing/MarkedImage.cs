namespace Pipeline.Actors.Training.Sharing;

/// <summary>An image of a step's batch, as another node of the site knows it.</summary>
/// <param name="Mark">See <see cref="SampleMark"/>.</param>
public readonly record struct MarkedImage(UInt128 Mark, AugmentationDraw Draw);
