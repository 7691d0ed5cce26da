namespace Pipeline.Host.Benchmarks;

/// <summary>What a person asks of <c>pipeline bench train</c>.</summary>
/// <param name="JsonFile">Where to write the machine-readable result; null writes none.</param>
public sealed record TrainingBenchmarkRequest(TrainingWorkload Workload, string? JsonFile);
