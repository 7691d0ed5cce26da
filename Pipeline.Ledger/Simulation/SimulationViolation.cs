namespace Pipeline.Ledger.Simulation;

/// <summary>A rule broken in one schedule; run the same seed again to see it again.</summary>
public sealed record SimulationViolation(long Seed, ViolationKind Kind, string What);
