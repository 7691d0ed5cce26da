using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// What a site's machine does in a round, on a network of a million parameters: training steps, then selection, coding, the durable state, and the decoded
/// updates of five members made one model. The floor is the training steps alone. What consensus waits for is in <c>pipeline bench ledger</c>.
/// </summary>
internal static class TrainingRound
{
    private const int Members = 5, Steps = 10;

    /// <summary>A round spends at least 95 % of its time in training steps.</summary>
    private const double Bar = 1 / 0.95;

    public static Figure Measure(TrainingWorkload workload, ImageSet images)
    {
        var architecture = ResidualCnn.Medium;
        var task = new TaskDescriptor("MR", "", workload.Side, workload.Side, ["a", "b"], architecture.Id);
        var policy = PolicyCatalog.Default with { LocalSteps = Steps, BatchSize = workload.Batch };
        var trainer = new SiteTrainer(architecture, task, TrainerSettings.Default);
        var model = FixedPointModel.FromFloats(trainer.Layout, architecture.Initialize(trainer.Layout, 1));
        var folder = Directory.CreateTempSubdirectory("pipeline-bench-");
        try
        {
            var training = new List<double>();
            var rest = new List<double>();
            var file = new SiteStateFile(Path.Combine(folder.FullName, "state"), trainer.Layout);
            for (int r = 0; r <= workload.Repetitions; r++)
            {
                float[] trained = [];
                training.Add(Timing.Of(() => trained = trainer.Train(1, model.ToFloats(), images, policy, new SeededRandom(1)).Weights));
                rest.Add(Timing.Of(() => Finish(trainer, model, policy, trained, file)));
            }

            // The first of each is a warm-up.
            double steps = Timing.Median(training.Skip(1)), others = Timing.Median(rest.Skip(1));
            return new Figure("round", "ms", steps + others, steps, new Bar(BarKind.RatioAtMost, Bar), new Dictionary<string, double>
            {
                ["parameters"] = trainer.Layout.Length,
                ["steps"] = Steps,
                ["images"] = workload.Batch,
                ["members"] = Members,
                ["trainingShare"] = Math.Round(steps / (steps + others), 4),
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Finish(SiteTrainer trainer, FixedPointModel model, RoundPolicy policy, float[] trained, SiteStateFile file)
    {
        var digest = model.Digest;
        var update = PartialUpdate.Build(model, digest, policy, 1, trained, new float[trained.Length], new SeededRandom(2));
        file.Save(new SiteState(1, digest, update.Payload, update.Residual, trainer.Optimizer.Steps, trainer.Optimizer.First, trainer.Optimizer.Second));
        DecodedUpdate[] updates =
        [
            .. Enumerable.Range(0, Members).Select(_ =>
                UpdateChecks.TryDecode(model.Layout, policy, update.Payload, out var decoded, out string? error) ? decoded : throw new InvalidOperationException(error)),
        ];
        _ = IntegerAggregator.Step(model, policy, RobustRule.Of(policy), updates, null, 0).Digest;
    }
}
