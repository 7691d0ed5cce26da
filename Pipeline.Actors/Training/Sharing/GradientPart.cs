namespace Pipeline.Actors.Training.Sharing;

/// <summary>What came of a <see cref="GradientWork"/>: parts add up to the batch's loss and gradient.</summary>
/// <param name="Loss">Nats.</param>
/// <param name="Gradient">In layout order.</param>
/// <param name="Fault">Set when there is no gradient: what was in the way.</param>
public sealed record GradientPart(double Loss, float[] Gradient, string? Fault = null)
{
    public static GradientPart Failed(string fault) => new(double.NaN, [], fault);
}
