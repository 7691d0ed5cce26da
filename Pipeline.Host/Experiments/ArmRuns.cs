using System.Collections.Concurrent;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>Runs arms, each once: an arm that builds on another's model, and the experiment that compares both, share the run.</summary>
internal sealed class ArmRuns(ArmStore store, ExperimentProfile profile, CancellationToken stop)
{
    private readonly ConcurrentDictionary<Digest, Lazy<(ArmRun Run, byte[]? Model)>> _runs = new();

    /// <summary>The run where an earlier program left it, or null.</summary>
    public ArmRun? Kept(ExperimentCell cell) => store.Find(cell.Name, cell.Key);

    /// <summary>The run, kept or made now; two who ask at once wait for the same.</summary>
    public (ArmRun Run, byte[]? Model) Run(ExperimentCell cell, Action<double> progress) => _runs.GetOrAdd(cell.Key, _ => new(() =>
    {
        if (store.Find(cell.Name, cell.Key) is { } kept)
            return (kept, store.FindModel(cell.Name, cell.Key));
        var (run, model) = cell.Arm.Run(new ArmContext(cell.Task, profile, cell.Seed, this, progress, stop));
        run = run with { Version = ProgramVersion.Full };
        store.Keep(cell.Name, cell.Key, run, model);
        return (run, model);
    })).Value;

    /// <summary>The final model of another arm of the same seed.</summary>
    /// <exception cref="InvalidOperationException">The arm gives none.</exception>
    public byte[] Model(LearningTask task, Arm arm, int seed) =>
        Run(ExperimentCell.Of(task, arm, profile, seed), _ => { }).Model ?? throw new InvalidOperationException($"arm '{arm.Name}' keeps no model");
}
