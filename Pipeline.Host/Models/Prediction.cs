namespace Pipeline.Host.Models;

/// <summary>What a model says of one file.</summary>
/// <param name="Class">The most probable class; null where the file was not taken.</param>
/// <param name="Probabilities">By class name.</param>
/// <param name="Reason">Why the file was not taken; null where it was.</param>
public sealed record Prediction(string File, string? Class, IReadOnlyDictionary<string, float> Probabilities, string? Reason);
