using Pipeline.Host.Reporting;

namespace Pipeline.Host.Demo;

/// <summary>What is measured of one chain: its global model by round, and what it is compared with.</summary>
public sealed class ChainTrial
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly DemoData _data;
    private readonly DemoControls _controls;
    private readonly CurveEvaluator _evaluator;

    /// <summary>Takes the hospitals' images as they are now: begin when all are in.</summary>
    public ChainTrial(DemoConsortium.Agreement agreement, DemoSites sites, DemoProfile profile, int seed, DemoBoard board)
    {
        Agreement = agreement;
        _data = DemoData.Read(agreement.Chain, [.. sites.Up.OrderBy(n => n.Site, StringComparer.Ordinal).Select(n => n.Ingest.Stores[agreement.Id])]);
        _controls = new DemoControls(profile, seed);
        _evaluator = new CurveEvaluator(agreement, _data, _controls.Trainer(agreement), board);
    }

    public DemoConsortium.Agreement Agreement { get; }

    public double Centralized { get; private set; } = double.NaN;

    public double ShuffledLabels { get; private set; } = double.NaN;

    public IReadOnlyList<DemoResult.CurvePoint> Curve => _evaluator.Curve;

    public IReadOnlyList<DemoResult.CurvePoint> CurveWithoutBridge { get; private set; } = [];

    /// <summary>Scores models until <paramref name="complete"/>, and the last one after that.</summary>
    public async Task FollowAsync(Func<bool> complete, CancellationToken cancel)
    {
        bool last;
        do
        {
            last = complete();
            await Task.Run(_evaluator.CatchUp, cancel).ConfigureAwait(false);
            await Task.Delay(Poll, cancel).ConfigureAwait(false);
        }
        while (!last);
    }

    /// <summary>What the chain is compared with, in parts that may run side by side; the longest first.</summary>
    /// <param name="bridged">A bridge leads to this chain, so it is also trained without.</param>
    public IEnumerable<Action<CancellationToken>> Controls(bool bridged)
    {
        yield return _ => Centralized = _controls.Centralized(Agreement, _data);
        if (bridged)
            yield return cancel => CurveWithoutBridge = _controls.WithoutBridge(Agreement, _data, cancel);
        yield return _ => ShuffledLabels = _controls.ShuffledLabels(Agreement, _data);
    }
}
