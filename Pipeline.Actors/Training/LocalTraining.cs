namespace Pipeline.Actors.Training;

/// <summary>What a stretch of local training gave.</summary>
/// <param name="Weights">Parameters after the last step, in layout order; the start when <paramref name="Error"/> is set.</param>
/// <param name="Loss">Mean class-weighted cross-entropy of the steps (nats).</param>
/// <param name="Error">Set when the loss was not finite: the weights of the stretch are then of no use.</param>
public sealed record LocalTraining(float[] Weights, double Loss, string? Error);
