namespace Pipeline.Host.Experiments;

/// <param name="DataDirectory">A folder of tasks (<see cref="Import.TaskFolder"/>), or one task.</param>
/// <param name="Tasks">Names of the tasks to take; empty for the profile's, as far as they are there.</param>
/// <param name="Seeds">Repetitions with other first weights and batches.</param>
/// <param name="WorkDirectory">Finished arms are kept there and not run again while data and settings are the same.</param>
/// <param name="Parallelism">Arms that run at once, each on one thread.</param>
public sealed record ExperimentRequest(
    ExperimentKind Kind, string DataDirectory, IReadOnlyList<string> Tasks, int Seeds, ExperimentProfile Profile, string WorkDirectory, string? JsonFile,
    string? ReportFile, int Parallelism)
{
    /// <summary>Tasks that offer and are no targets, for <see cref="ExperimentKind.Bridge"/>.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Of the policy, for <see cref="ExperimentKind.Policies"/>; in the form of <see cref="PolicyExperiment"/>.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];
}
