namespace Pipeline.Host.Experiments;

/// <summary>An experiment's cells, those of one seed together, so that an interrupted run has whole seeds.</summary>
internal static class ExperimentPlan
{
    public static IReadOnlyList<ExperimentCell> Of(IExperiment experiment, IReadOnlyList<LearningTask> tasks, ExperimentProfile profile, int seeds) =>
    [
        .. from seed in Enumerable.Range(1, seeds)
           from task in tasks
           from arm in experiment.Arms(task, profile)
           where seed == 1 || !experiment.Once.Contains(arm.Name)
           select ExperimentCell.Of(task, arm, profile, seed),
    ];
}
