namespace Pipeline.Actors.Training.Sharing;

/// <summary>An image of a step's batch.</summary>
/// <param name="Index">In the <see cref="ImageSet"/> it was drawn from.</param>
public readonly record struct DrawnImage(int Index, AugmentationDraw Draw);
