using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Collaborative training under variants of the profile's policy, for choosing one. The comparisons look at validation images alone, so that what is chosen
/// by them may be tested; the arms' numbers are of the test images, as everywhere, and are no ground for a choice.
/// </summary>
/// <param name="variants">Settings that differ, each as people write them: <c>server-momentum=0.8,values=ternary</c>.</param>
internal sealed class PolicyExperiment(IReadOnlyList<string> variants) : IExperiment
{
    private const string Reference = "collaborative";

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) =>
        [TrainingArms.Collaborative(Reference, profile.Policy), .. variants.Select(v => TrainingArms.Collaborative(v, Variant(profile.Policy, v)))];

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile) => variants.Select(v =>
    {
        double[] gains = [.. runs.Of(v).Zip(runs.Of(Reference), (a, b) => a.ValidationAuc - b.ValidationAuc)];
        return ExperimentResult.Comparison.Value95(
            $"{runs.Task.Name}: {v} less the profile's policy, macro-AUC on validation images, range over seeds", new Interval(gains.Average(), gains.Min(), gains.Max()), 0);
    });

    /// <exception cref="ArgumentException">A setting is not known or its value not legal; the message lists what is.</exception>
    public static RoundPolicy Variant(RoundPolicy policy, string variant) => variant.Split(',').Aggregate(policy, (changed, setting) =>
        setting.Split('=', 2) is [var key, var value] ? PolicyCatalog.With(changed, key, value) : throw new ArgumentException($"'{setting}': give KEY=VALUE"));
}
