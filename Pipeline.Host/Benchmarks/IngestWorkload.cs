namespace Pipeline.Host.Benchmarks;

/// <summary>How much the benchmark of ingest does.</summary>
/// <param name="Instances">Sent on each association.</param>
/// <param name="NagleInstances">As many where sender and receiver wait for each other's delayed ACKs.</param>
/// <param name="Repetitions">Of every run, in turns; the medians count.</param>
public sealed record IngestWorkload(int Instances, int NagleInstances, int Repetitions)
{
    public static IngestWorkload Full { get; } = new(200, 40, 3);

    public static IngestWorkload Quick { get; } = new(100, 20, 1);
}
