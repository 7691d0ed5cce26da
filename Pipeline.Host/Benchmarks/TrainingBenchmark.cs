using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using TorchSharp;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// Steps a second of the training loop of a site (batches, augmentation, gradient, AdamW) against PyTorch's eager loop on the same network, batch, image
/// size and number of threads, in turns; and live tensors over many steps.
/// </summary>
internal static class TrainingBenchmark
{
    private const double SpeedBar = 0.95;

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static IReadOnlyList<Figure> Measure(TrainingWorkload workload, CancellationToken stop)
    {
        var task = new TaskDescriptor("MR", "", workload.Side, workload.Side, ["a", "b"], "residual-cnn-small");
        var trainer = new SiteTrainer(ResidualCnn.Small, task, TrainerSettings.Default);
        var images = ImageSet.Of(Noise(workload), workload.Side, workload.Side);
        float[] weights = ResidualCnn.Small.Initialize(trainer.Layout, 1);
        Steps(trainer, weights, images, workload, workload.Steps);
        var own = new List<double>();
        var reference = new List<double>();
        for (int r = 0; r < workload.Repetitions; r++)
        {
            stop.ThrowIfCancellationRequested();
            own.Add(workload.Steps / Timing.Of(() => Steps(trainer, weights, images, workload, workload.Steps)) * 1000);
            if (PyTorchReference.StepsPerSecond(workload) is { } rate)
                reference.Add(rate);
        }

        double? floor = reference.Count > 0 ? Timing.Median(reference) : null;
        return
        [
            new Figure(
                "trainingSteps", "1/s", Timing.Median(own), floor, floor is null ? null : new Bar(BarKind.RatioAtLeast, SpeedBar),
                new Dictionary<string, double> { ["images"] = workload.Batch, ["side"] = workload.Side, ["threads"] = workload.Threads, ["parameters"] = trainer.Layout.Length }),
            TrainingRound.Measure(workload, images),
            LiveTensors(workload, stop),
        ];
    }

    /// <summary>Live native tensors after many steps less those after the first hundred.</summary>
    private static Figure LiveTensors(TrainingWorkload workload, CancellationToken stop)
    {
        var small = workload with { Side = 16, Batch = 2 };
        var task = new TaskDescriptor("MR", "", small.Side, small.Side, ["a", "b"], "residual-cnn-small");
        var trainer = new SiteTrainer(ResidualCnn.Small, task, TrainerSettings.Default);
        var images = ImageSet.Of(Noise(small), small.Side, small.Side);
        float[] weights = ResidualCnn.Small.Initialize(trainer.Layout, 1);
        const int stretch = 100;
        Steps(trainer, weights, images, small, stretch);
        long before = torch.Tensor.TotalCount, most = before;
        for (int done = 0; done < small.LiveSteps; done += stretch)
        {
            stop.ThrowIfCancellationRequested();
            Steps(trainer, weights, images, small, stretch);
            most = Math.Max(most, torch.Tensor.TotalCount);
        }

        return new Figure(
            "liveTensors", "more", most - before, null, new Bar(BarKind.ValueAtMost, 0), new Dictionary<string, double> { ["steps"] = small.LiveSteps });
    }

    private static void Steps(SiteTrainer trainer, float[] weights, ImageSet images, TrainingWorkload workload, int steps) => trainer.Train(
        weights, images, new StepPlan(steps, workload.Batch, 1e-4, _ => 1e-4), new SeededRandom(1));

    private static List<Actors.Ingest.Sample> Noise(TrainingWorkload workload) => NoiseSamples.Draw(2 * workload.Batch, workload.Side);
}
