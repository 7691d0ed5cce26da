namespace Pipeline.Actors.Training.Sharing;

/// <summary>Augments images of a batch and takes their gradient. Buffers are kept from step to step; one thread.</summary>
internal sealed class PartGradient(TrainingNetwork network)
{
    private float[] _images = [];
    private long[] _labels = [];

    /// <param name="whole">Sum of the class weights of the whole batch.</param>
    /// <param name="gradient">Receives the part's gradient, in layout order; of no use when the loss is not finite.</param>
    /// <returns>The part's loss (nats): parts add up to the batch's.</returns>
    public double Of(
        float[] weights, ImageSet data, ReadOnlySpan<DrawnImage> part, float[] classWeights, double whole, Span<float> gradient)
    {
        int area = data.Height * data.Width;
        if (_labels.Length != part.Length || _images.Length != part.Length * area)
            (_images, _labels) = (new float[part.Length * area], new long[part.Length]);
        for (int i = 0; i < part.Length; i++)
        {
            int index = part[i].Index;
            _labels[i] = data.Labels[index];
            part[i].Draw.Apply(data.Pixels.AsSpan(index * area, area), _images.AsSpan(i * area, area), data.Height, data.Width);
        }

        return network.Gradient(weights, _images, _labels, data.Height, data.Width, classWeights, gradient, whole);
    }

    /// <summary>Sum of the class weights of images.</summary>
    public static double WeightOf(ImageSet data, ReadOnlySpan<DrawnImage> images, float[] classWeights)
    {
        double total = 0;
        foreach (var image in images)
            total += classWeights[data.Labels[image.Index]];
        return total;
    }
}
