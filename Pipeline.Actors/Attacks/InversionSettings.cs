namespace Pipeline.Actors.Attacks;

/// <summary>How hard a gradient inversion tries.</summary>
/// <param name="Steps">Steps of the search.</param>
/// <param name="Rate">Step size in grey levels (standard deviations of the image) at first; half a cosine to zero.</param>
/// <param name="TotalVariation">Weight of the mean absolute difference of neighbouring pixels.</param>
public sealed record InversionSettings(int Steps = 250, double Rate = 0.1, double TotalVariation = 1e-4);
