namespace Pipeline.Host.Experiments;

/// <summary>One way of training that an experiment compares.</summary>
/// <param name="Name">For instance <c>collaborative</c>.</param>
/// <param name="Settings">Whatever its result depends on beside task, profile and seed.</param>
/// <param name="Cost">Relative to a collaborative run of the profile.</param>
/// <param name="Run">Gives the run, and the final model (canonical bytes) where there is one for all.</param>
public sealed record Arm(string Name, string Settings, double Cost, Func<ArmContext, (ArmRun Run, byte[]? Model)> Run);
