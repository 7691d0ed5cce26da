namespace Pipeline.Host.Experiments;

/// <summary>From the arms' runs to the numbers of the result.</summary>
internal static class ExperimentSummary
{
    public static ExperimentResult Of(IExperiment experiment, ExperimentRequest request, IReadOnlyList<TaskRuns> tasks) => new(
        request.Kind.ToString().ToLowerInvariant(), request.Profile.Name, request.Seeds,
        [.. tasks.SelectMany(t => t.Arms.Where(a => t.Of(a)[0].Models.Count > 0).Select(a => Arm(experiment, t, a)))],
        [.. Pooled(experiment, request, tasks), .. tasks.SelectMany(t => experiment.Compare(t, request.Profile))]);

    private static IEnumerable<ExperimentResult.Comparison> Pooled(IExperiment experiment, ExperimentRequest request, IReadOnlyList<TaskRuns> tasks) =>
        tasks.Count > 1 ? experiment.Pool(tasks, request.Profile) : [];

    private static ExperimentResult.ArmResult Arm(IExperiment experiment, TaskRuns runs, string arm)
    {
        var auc = runs.Auc(arm);
        var run = runs.Of(arm)[0];
        double payload = runs.Mean(arm, r => r.PayloadBytesPerRound);
        double wire = payload == 0 ? 0 : experiment.WireArmOf(arm) is { } meter ? runs.Of(meter)[0].WireBytesPerRound * run.Rounds : double.NaN;
        return new ExperimentResult.ArmResult(
            runs.Task.Name, arm, auc.Value, auc.Low, auc.High, runs.BalancedAccuracy(arm), run.Rounds, run.StepsPerSite, Math.Round(payload, 1),
            Math.Round(wire), [.. runs.Task.Sites.Select((site, i) => Site(runs, arm, site.Site, i))]);
    }

    private static ExperimentResult.SiteResult Site(TaskRuns runs, string arm, string site, int index) => new(
        site, runs.Mean(arm, r => runs.Metrics.OnSite(r, index).Auc), runs.Mean(arm, r => runs.Metrics.OnSite(r, index).BalancedAccuracy));
}
