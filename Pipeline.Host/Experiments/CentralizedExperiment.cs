namespace Pipeline.Host.Experiments;

/// <summary>Claim 1: collaborative training performs like training on pooled data, and better than each institution alone.</summary>
internal sealed class CentralizedExperiment : IExperiment
{
    private const double NonInferiority = -0.01, GainOverLocal = 0.08;

    public IReadOnlySet<string> Once { get; } = new HashSet<string> { "chain" };

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) =>
    [
        TrainingArms.Collaborative("collaborative", profile.Policy), TrainingArms.Centralized(profile.Policy), TrainingArms.Local(profile.Policy),
        TrainingArms.Chain("chain", profile.Policy),
    ];

    public string? WireArmOf(string arm) => arm == "collaborative" ? "chain" : null;

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        string task = runs.Task.Name;
        yield return ExperimentResult.Comparison.Bound95(
            $"{task}: collaborative less centralized, macro-AUC", runs.AucDifference("collaborative", "centralized"), NonInferiority);
        yield return ExperimentResult.Comparison.Value95(
            $"{task}: collaborative less the mean single-site model, macro-AUC", runs.AucDifference("collaborative", "local"), GainOverLocal);
    }
}
