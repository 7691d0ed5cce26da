namespace Pipeline.Host.Benchmarks;

/// <summary>How much <c>pipeline bench trainers</c> does.</summary>
/// <param name="Side">Rows and columns of an image.</param>
/// <param name="Batch">Images of a step.</param>
/// <param name="Threads">Of each of both processes.</param>
/// <param name="Steps">Of one repetition.</param>
public sealed record TrainersWorkload(IReadOnlyList<string> Architectures, int Side, int Batch, int Threads, int Steps, int Repetitions)
{
    public static TrainersWorkload Full { get; } = new(["densenet-small", "residual-cnn-small", "resnet-18-slim", "resnet-18"], 64, 32, 1, 10, 7);

    public static TrainersWorkload Quick { get; } = Full with { Steps = 4, Repetitions = 3 };
}
