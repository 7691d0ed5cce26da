namespace Pipeline.Host.Experiments;

/// <summary>Every arm's runs of one task, one for each seed, and statistics over them.</summary>
public sealed class TaskRuns(LearningTask task, IReadOnlyDictionary<string, ArmRun[]> runs, int seeds, int resamples)
{
    private readonly TestMetrics _metrics = new(task);
    private readonly PatientBootstrap _bootstrap = new(task, seeds, resamples);

    public LearningTask Task => task;

    public TestMetrics Metrics => _metrics;

    public IEnumerable<string> Arms => runs.Keys;

    /// <summary>One run for each seed.</summary>
    public ArmRun[] Of(string arm) => runs[arm];

    /// <summary>Macro-AUC on everybody's test images.</summary>
    public Interval Auc(string arm) => _bootstrap.Of((rows, seed) => _metrics.Pooled(runs[arm][seed], rows).Auc);

    public double BalancedAccuracy(string arm) => Mean(arm, run => _metrics.Pooled(run, [.. Enumerable.Range(0, task.PooledTest.Count)]).BalancedAccuracy);

    /// <summary>Paired difference of macro-AUC, <paramref name="arm"/> less <paramref name="reference"/>.</summary>
    public Interval AucDifference(string arm, string reference) => PatientBootstrap.Pool([AucDifferences(arm, reference)]);

    /// <summary>The same for pooling over tasks.</summary>
    public (double Value, double[] Resamples) AucDifferences(string arm, string reference) => _bootstrap.Draw(
        (rows, seed) => _metrics.Pooled(runs[arm][seed], rows).Auc - _metrics.Pooled(runs[reference][seed], rows).Auc);

    /// <summary>Paired difference of balanced accuracy on each site's own test images.</summary>
    /// <param name="references">The better of them counts, image set by image set.</param>
    public Interval AtHomeDifference(string arm, params string[] references) => PatientBootstrap.Pool([AtHomeDifferences(arm, references)]);

    /// <inheritdoc cref="AtHomeDifference"/>
    public (double Value, double[] Resamples) AtHomeDifferences(string arm, params string[] references) => _bootstrap.Draw(
        (rows, seed) => _metrics.AtHome(runs[arm][seed], rows).BalancedAccuracy
            - references.Max(r => _metrics.AtHome(runs[r][seed], rows).BalancedAccuracy));

    public double Mean(string arm, Func<ArmRun, double> value) => runs[arm].Average(value);

    /// <summary>The curve's mean and range over the seeds at each scored round.</summary>
    public IReadOnlyList<(int Round, double Mean, double Low, double High)> Curve(string arm) =>
    [
        .. runs[arm].SelectMany(r => r.Curve).GroupBy(p => p.Round).OrderBy(g => g.Key)
            .Select(g => (g.Key, g.Average(p => p.Auc), g.Min(p => p.Auc), g.Max(p => p.Auc))),
    ];
}
