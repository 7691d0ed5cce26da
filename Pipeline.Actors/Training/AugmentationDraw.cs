namespace Pipeline.Actors.Training;

/// <summary>How one image is changed before a step sees it; see <see cref="Augmentation"/>.</summary>
/// <param name="Down">Shift (pixels).</param>
/// <param name="Right">Shift (pixels).</param>
/// <param name="Gain">The image is multiplied by this.</param>
/// <param name="Offset">Added then, in standard deviations of the image.</param>
public readonly record struct AugmentationDraw(short Down, short Right, bool Mirror, float Gain, float Offset)
{
    /// <summary>Writes the changed image of Height × Width; edges are replicated.</summary>
    public void Apply(ReadOnlySpan<float> source, Span<float> destination, int height, int width)
    {
        for (int y = 0; y < height; y++)
        {
            var row = source.Slice(Math.Clamp(y + Down, 0, height - 1) * width, width);
            var target = destination.Slice(y * width, width);
            for (int x = 0; x < width; x++)
            {
                int from = Math.Clamp(x + Right, 0, width - 1);
                target[x] = row[Mirror ? width - 1 - from : from] * Gain + Offset;
            }
        }
    }
}
