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

    public IEnumerable<ExperimentResult.Comparison> Pool(IReadOnlyList<TaskRuns> tasks, ExperimentProfile profile)
    {
        yield return ExperimentResult.Comparison.Bound95(
            $"{tasks.Count} tasks: collaborative less centralized, macro-AUC", PatientBootstrap.Pool([.. tasks.Select(t => t.AucDifferences("collaborative", "centralized"))]),
            NonInferiority);
        TaskRuns[] brain = [.. tasks.Where(IsBrain)];
        if (brain.Length > 1)
        {
            yield return ExperimentResult.Comparison.Value95(
                $"{brain.Length} MR tasks: collaborative less the mean single-site model, macro-AUC",
                PatientBootstrap.Pool([.. brain.Select(t => t.AucDifferences("collaborative", "local"))]), GainOverLocal);
        }
    }

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        string task = runs.Task.Name;
        yield return ExperimentResult.Comparison.Bound95(
            $"{task}: collaborative less centralized, macro-AUC", runs.AucDifference("collaborative", "centralized"), NonInferiority);
        yield return ExperimentResult.Comparison.Value95(
            $"{task}: collaborative less the mean single-site model, macro-AUC", runs.AucDifference("collaborative", "local"),
            IsBrain(runs) ? GainOverLocal : 0);
    }

    /// <summary>Magnetic resonance; on radiographs single sites come near the ceiling, and collaboration is asked for no more than no loss.</summary>
    private static bool IsBrain(TaskRuns runs) => runs.Task.Descriptor.Modality == "MR";
}
