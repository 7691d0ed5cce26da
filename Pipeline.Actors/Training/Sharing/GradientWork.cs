namespace Pipeline.Actors.Training.Sharing;

/// <summary>One trainer's part of a step: the gradient of these images at these weights.</summary>
/// <param name="Weights">Parameters in layout order.</param>
/// <param name="ClassWeights">By class, as the whole batch has them.</param>
/// <param name="Whole">Sum of the class weights of the whole batch, which parts are divided by.</param>
public sealed record GradientWork(float[] Weights, IReadOnlyList<MarkedImage> Images, float[] ClassWeights, double Whole);
