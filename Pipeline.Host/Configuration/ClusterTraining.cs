namespace Pipeline.Host.Configuration;

/// <summary>How the training nodes of a site share the steps of its rounds.</summary>
/// <param name="Parallel"><see cref="Auto"/>, <see cref="On"/> or <see cref="Off"/>.</param>
/// <param name="StepTimeout">A node that takes longer for its part of a step is left out for the rest of the round.</param>
public sealed record ClusterTraining(string Parallel, TimeSpan StepTimeout)
{
    public const string Auto = "auto", On = "on", Off = "off";
}
