namespace Pipeline.Actors.Attacks;

/// <param name="Iterations">Steps of signed Adam.</param>
/// <param name="Rate">Its step, in standard deviations of an image; a tenth after 3/8, 5/8 and 7/8 of the steps each.</param>
/// <param name="Variation">Weight of the total variation.</param>
public sealed record InversionSettings(int Iterations, double Rate, double Variation)
{
    public static InversionSettings Default { get; } = new(2400, 0.1, 1e-4);
}
