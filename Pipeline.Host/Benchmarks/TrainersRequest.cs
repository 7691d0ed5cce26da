namespace Pipeline.Host.Benchmarks;

/// <summary>What a person asks of <c>pipeline bench trainers</c>.</summary>
/// <param name="JsonFile">Where to write the machine-readable result; null writes none.</param>
/// <param name="HelpsAt">Port of the process that measures, which this one only helps; null measures.</param>
public sealed record TrainersRequest(TrainersWorkload Workload, string? JsonFile, int? HelpsAt = null);
