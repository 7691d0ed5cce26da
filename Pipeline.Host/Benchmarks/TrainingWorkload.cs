namespace Pipeline.Host.Benchmarks;

/// <summary>How much the benchmark of training does.</summary>
/// <param name="Side">Rows and columns of an image.</param>
/// <param name="Threads">Of one step.</param>
/// <param name="Steps">Of one repetition.</param>
/// <param name="LiveSteps">Steps over which live tensors must not grow.</param>
public sealed record TrainingWorkload(int Side, int Batch, int Threads, int Steps, int Repetitions, int LiveSteps)
{
    public static TrainingWorkload Full { get; } = new(64, 32, 1, 40, 5, 10_000);

    public static TrainingWorkload Quick { get; } = Full with { Steps = 10, Repetitions = 3, LiveSteps = 1_000 };
}
