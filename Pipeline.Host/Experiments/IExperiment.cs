namespace Pipeline.Host.Experiments;

/// <summary>Which arms are run, and what is concluded from them.</summary>
internal interface IExperiment
{
    /// <summary>Arms of a task; every one is run for every seed, but for those named by <see cref="Once"/>.</summary>
    IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile);

    /// <summary>Arms that measure something that seeds do not change.</summary>
    IReadOnlySet<string> Once => new HashSet<string>();

    /// <summary>Name of the arm that measured the bytes of another; null where nothing was sent.</summary>
    string? WireArmOf(string arm) => null;

    IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile);

    /// <summary>Comparisons over several tasks together.</summary>
    IEnumerable<ExperimentResult.Comparison> Pool(IReadOnlyList<TaskRuns> tasks, ExperimentProfile profile) => [];
}
