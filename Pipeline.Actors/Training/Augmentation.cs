using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Training;

/// <summary>Light augmentation that keeps the finding: shifts with edge replication, contrast and brightness.</summary>
/// <param name="MaxShift">Pixels, each way.</param>
/// <param name="Contrast">The image is multiplied by 1 ± this.</param>
/// <param name="Brightness">In standard deviations of the image.</param>
/// <param name="Flip">Mirrors half of the images left to right.</param>
public sealed record Augmentation(int MaxShift, double Contrast, double Brightness, bool Flip)
{
    public static Augmentation Default { get; } = new(3, 0.15, 0.15, true);

    /// <summary>Writes one augmented image of Height × Width.</summary>
    public void Apply(ReadOnlySpan<float> source, Span<float> destination, int height, int width, SeededRandom random) =>
        Draw(random).Apply(source, destination, height, width);

    /// <summary>How the next image is changed.</summary>
    public AugmentationDraw Draw(SeededRandom random)
    {
        int dy = random.Next(2 * MaxShift + 1) - MaxShift, dx = random.Next(2 * MaxShift + 1) - MaxShift;
        bool mirror = Flip && random.Next(2) == 1;
        return new AugmentationDraw(
            (short)dy, (short)dx, mirror, (float)(1 + random.NextDouble(-Contrast, Contrast)), (float)random.NextDouble(-Brightness, Brightness));
    }
}
