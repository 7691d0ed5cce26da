using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;

namespace Pipeline.Host.Demo;

/// <summary>
/// One chain's images as the hospitals hold them, by hospital. Only the demo, which plays all hospitals, can look at them together: for the
/// centralized yardstick and for test scores.
/// </summary>
public sealed record DemoData(IReadOnlyList<ImageSet> Train, IReadOnlyList<ImageSet> Test)
{
    public static DemoData Read(DemoChain chain, IReadOnlyList<ISampleStore> stores) => new(
        [.. stores.Select(s => Read(chain, s, DataSplit.Train))], [.. stores.Select(s => Read(chain, s, DataSplit.Test))]);

    /// <summary>Mean over the hospitals of each one's own test AUC, so that a hospital's prevalence cannot stand in for the finding.</summary>
    public double Auc(SiteTrainer trainer, float[] weights) => Test.Average(test => trainer.Evaluate(weights, test).Auc);

    private static ImageSet Read(DemoChain chain, ISampleStore store, DataSplit split) =>
        ImageSet.Of([.. store.Snapshot(split).OrderBy(s => s.Id, StringComparer.Ordinal)], chain.Task.Height, chain.Task.Width);
}
