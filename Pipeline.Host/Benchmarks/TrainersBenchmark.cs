using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Actors.Updates;
using Pipeline.Host.Cluster;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// A step that two processes share against the same step alone, in turns: what a site gains or loses by a second training node with this machine's cores, and
/// no network between them but loopback.
/// </summary>
internal static class TrainersBenchmark
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMinutes(2);

    /// <summary>On a thread that libtorch has been loaded on.</summary>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <exception cref="InvalidOperationException">The other process did not help through a repetition.</exception>
    public static Figure Measure(TrainersWorkload workload, TrainersNode node, string architecture, IGradientHelpers helpers, CancellationToken stop)
    {
        var task = node.Task(architecture);
        var network = ArchitectureCatalog.Create(architecture);
        var trainer = new SiteTrainer(network, task, TrainerSettings.Default, stop: stop);
        var images = ImageSet.Of(NoiseSamples.Draw(2 * workload.Batch, workload.Side), workload.Side, workload.Side);
        var policy = PolicyCatalog.Default with { LocalSteps = workload.Steps, BatchSize = workload.Batch };
        float[] weights = network.Initialize(trainer.Layout, 1);
        StepSharing sharing = new(helpers, true, StepTimeout, TimeProvider.System), nobody = new(new HelperCrew(), true, StepTimeout, TimeProvider.System);
        var alone = new List<double>();
        var shared = new List<double>();
        for (int r = 0; r <= workload.Repetitions; r++)
        {
            alone.AddRange(Steps(nobody));
            shared.AddRange(Steps(sharing));
        }

        // The first of each is a warm-up.
        double one = Timing.Median(alone.Skip(workload.Steps)), two = Timing.Median(shared.Skip(workload.Steps));
        return new Figure(architecture, "ms", two, one, null, new Dictionary<string, double>
        {
            ["parameters"] = trainer.Layout.Length,
            ["images"] = workload.Batch,
            ["side"] = workload.Side,
            ["threads"] = workload.Threads,
            ["exchangeMs"] = Math.Round(two - (one / 2), 2),
        });

        IEnumerable<double> Steps(StepSharing by)
        {
            var round = by.Begin(workload.Batch, (_, why) => throw new InvalidOperationException($"the second process failed: {why}"), stop);
            trainer.Train(1, weights, images, policy, new SeededRandom(1), round);
            return round.Times.Select(step => step.Time.TotalMilliseconds);
        }
    }
}
