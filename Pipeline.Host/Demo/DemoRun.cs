using System.Collections.Concurrent;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Demo;

/// <summary>The demo from empty folders to a result: what <c>pipeline demo</c> does, phase by phase.</summary>
public sealed class DemoRun : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly DemoOptions _options;
    private readonly DemoProfile _profile;
    private readonly DemoConsortium _consortium;
    private readonly DemoSites _sites;
    private readonly TimeProvider _clock;

    public DemoRun(DemoOptions options, DemoBoard board, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        Board = board;
        _profile = options.Quick ? DemoProfile.Quick : DemoProfile.Full;
        _consortium = DemoConsortium.Provision(_profile, Path.Combine(options.OutputDirectory, "sites"), options.Seed, clock.GetUtcNow().ToUnixTimeMilliseconds());
        _sites = new DemoSites(_consortium, _profile, board);
    }

    public DemoBoard Board { get; }

    private DemoConsortium.Agreement Source => _consortium.Source;

    private DemoConsortium.Agreement Target => _consortium.Target;

    /// <exception cref="InvalidOperationException">A node cannot start.</exception>
    /// <exception cref="OperationCanceledException">The person asked to stop.</exception>
    public async Task<DemoResult> RunAsync(CancellationToken cancel)
    {
        Board.Phase($"four hospitals start; chain {Source.Id} begins");
        var feeds = _consortium.Hospitals.Select(h => new PacsSimulator(
            h, [Source.Chain, Target.Chain], _options.Seed, () => _sites.Port(h.Site), _clock)).ToArray();
        foreach (var feed in feeds)
            feed.WriteLabels();
        foreach (var hospital in _consortium.Hospitals)
            _sites.Join(await _sites.StartAsync(hospital).ConfigureAwait(false), Source);

        Board.Phase("PACS push images by C-STORE; training begins as they arrive");
        using var background = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pushing = Task.WhenAll(feeds.Select(f => Task.Run(() => f.RunAsync(background.Token), background.Token)));
        await Until(() => pushing.IsCompleted || HasAllOfSource(), cancel).ConfigureAwait(false);

        // What the chains are compared with needs one processor for long, and a chain waits for messages and disks a third of its time.
        var source = new ChainTrial(Source, _sites, _profile, _options.Seed, Board);
        var controls = new ConcurrentQueue<Action<CancellationToken>>(source.Controls(bridged: false));
        var early = WorkOffAsync(controls, cancel);
        var faults = new FaultDrill(_consortium, _sites, Board, _clock);
        string victim = _consortium.Hospitals[^1].Site;
        await Until(() => Board.Round(victim, Source.Id) >= 1 + Source.Chain.Policy.Rounds / 4 || IsNearlyPushed(feeds[^1]), cancel).ConfigureAwait(false);
        Board.Note($"the PACS of {victim} has sent {feeds[^1].Acknowledged} of its {PerHospital} images");
        double recovery = await faults.KillAndRecoverAsync(_consortium.Hospitals[^1], Source, cancel).ConfigureAwait(false);
        await pushing.WaitAsync(cancel).ConfigureAwait(false);
        await Until(() => _sites.Up.All(IsIngested), cancel).ConfigureAwait(false);

        Board.Phase("all images are in; training goes on");
        var target = new ChainTrial(Target, _sites, _profile, _options.Seed, Board);
        foreach (var part in target.Controls(bridged: true))
            controls.Enqueue(part);
        if (early.IsCompletedSuccessfully)
            early = WorkOffAsync(controls, cancel);
        await source.FollowAsync(() => IsComplete(Source), cancel).ConfigureAwait(false);

        Board.Phase($"chain {Target.Id} begins; the bridge offers it the backbone of {Source.Id}");
        foreach (var node in _sites.Up)
            _sites.Join(node, Target);
        foreach (var hospital in _consortium.Hospitals.Take(2))
            _sites.Node(hospital.Site).Relay(Source.Id, Target.Id);
        await target.FollowAsync(() => IsComplete(Target), cancel).ConfigureAwait(false);
        await Until(() => _consortium.Chains.All(IsPersonal), cancel).ConfigureAwait(false);

        Board.Phase("controls: all images pooled, shuffled labels, no bridge");
        await Task.WhenAll([early, .. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount - 1)).Select(_ => WorkOffAsync(controls, cancel))])
            .WaitAsync(cancel).ConfigureAwait(false);

        Board.Phase("every journal is verified; one byte of a copy is altered");
        var digests = await DigestsAsync(cancel).ConfigureAwait(false);
        _sites.Count();
        var accounts = _sites.Up.Select(n => n.Ingest.Account()).ToArray();
        await _sites.DisposeAsync().ConfigureAwait(false);
        var (found, _) = await TamperDrill.RunAsync(
            FaultDrill.Journal(_consortium.Hospitals[0], Source), Path.Combine(_options.OutputDirectory, "tampered")).ConfigureAwait(false);
        var verified = _consortium.Chains.SelectMany(_ => _consortium.Hospitals, (chain, hospital) => (Chain: chain.Id, Journal: FaultDrill.Journal(hospital, chain)))
            .AsParallel().Select(j => (j.Chain, LedgerVerifier.Verify(j.Journal).Ok)).ToLookup(j => j.Chain, j => j.Ok);
        DemoResult.Chain[] chains = [Chain(source, digests, verified), Chain(target, digests, verified)];
        var result = new DemoResult(
            _options.Seed, Board.Elapsed.TotalSeconds, ProcessMemory.PeakMiB(), chains, Bridge(target),
            new DemoResult.FaultRun(
                victim, recovery, feeds.Sum(f => f.Acknowledged), accounts.Sum(a => a.AccountedFor), found is not null,
                found is null ? "" : $"record {found.Record}, height {found.Height}: {found.What}"));
        Board.Phase("done");
        return result;
    }

    /// <summary>Keeps the board's counters fresh; called by whoever draws it.</summary>
    public void Refresh() => _sites.Count();

    public async ValueTask DisposeAsync()
    {
        await _sites.DisposeAsync().ConfigureAwait(false);
        _consortium.Dispose();
    }

    private static Task WorkOffAsync(ConcurrentQueue<Action<CancellationToken>> parts, CancellationToken cancel) => Task.Run(
        () =>
        {
            while (parts.TryDequeue(out var part))
            {
                cancel.ThrowIfCancellationRequested();
                part(cancel);
            }
        },
        cancel);

    private static bool IsIngested(Site.SiteNode node)
    {
        var account = node.Ingest.Account();
        return account.Pending == 0 && account.AwaitingLabel == 0;
    }

    private int PerHospital => _consortium.Chains.Sum(c => c.Chain.ImagesPerHospital);

    private bool HasAllOfSource() => _sites.Up.All(n => n.Ingest.Counters.GetValueOrDefault(Source.Id) is { } counted &&
        counted.Stored + counted.Quarantined.Values.Sum() + counted.OutOfScope.Values.Sum() >= Source.Chain.ImagesPerHospital);

    /// <summary>The last moment for a crash while images are on their way.</summary>
    private bool IsNearlyPushed(PacsSimulator victim) => victim.Acknowledged >= 0.9 * PerHospital;

    private bool IsComplete(DemoConsortium.Agreement agreement) =>
        _consortium.Hospitals.All(h => Board.IsComplete(h.Site, agreement.Id));

    private bool IsPersonal(DemoConsortium.Agreement agreement) =>
        _consortium.Hospitals.All(h => Board.Personal(h.Site, agreement.Id) is not null);

    private async Task<Dictionary<string, (long Height, bool Equal)>> DigestsAsync(CancellationToken cancel)
    {
        var result = new Dictionary<string, (long, bool)>();
        foreach (var agreement in _consortium.Chains)
        {
            var roots = new List<IReadOnlyList<Digest>>();
            foreach (var node in _sites.Up)
            {
                var read = new TaskCompletionSource<IReadOnlyList<Digest>>(TaskCreationOptions.RunContinuationsAsynchronously);
                node.System.ActorOf(StateRootCollector.Props(node.Chains[agreement.Id].Replica, read));
                roots.Add(await read.Task.WaitAsync(TimeSpan.FromSeconds(30), _clock, cancel).ConfigureAwait(false));
            }

            int height = roots.Min(r => r.Count);
            result[agreement.Id] = (height, height > 0 && roots.All(r => r.Take(height).SequenceEqual(roots[0].Take(height))));
        }

        return result;
    }

    private DemoResult.Chain Chain(ChainTrial trial, Dictionary<string, (long Height, bool Equal)> digests, ILookup<string, bool> verified)
    {
        var agreement = trial.Agreement;
        var sites = _consortium.Hospitals.Select(h =>
        {
            var personal = Board.Personal(h.Site, agreement.Id)!.Result;
            return new DemoResult.Site(h.Site, personal.Local.Auc, personal.Collaborative.Auc, personal.Personalized.Auc, personal.Chosen);
        });
        return new DemoResult.Chain(
            agreement.Id, _consortium.Hospitals.Count, agreement.Chain.Policy.Rounds, digests[agreement.Id].Height, digests[agreement.Id].Equal,
            verified[agreement.Id].All(ok => ok),
            new DemoResult.ChainAuc(trial.Centralized, trial.Curve[^1].Auc, trial.ShuffledLabels), [.. sites],
            new DemoResult.UpdateBytes(Board.MeanUpdateBytes(agreement.Id), 4L * agreement.Start.Layout.Length, Board.WireBytes(agreement.Id)),
            trial.Curve, trial.CurveWithoutBridge);
    }

    private DemoResult.BridgeRun Bridge(ChainTrial target)
    {
        var (packets, accepted) = Board.Offers(Target.Id);
        double goal = 0.95 * target.Centralized;
        return new DemoResult.BridgeRun(
            Source.Id, Target.Id, packets, accepted, goal, FirstAt(target.Curve, goal), FirstAt(target.CurveWithoutBridge, goal));
    }

    private static int? FirstAt(IReadOnlyList<DemoResult.CurvePoint> curve, double goal) => curve.FirstOrDefault(p => p.Auc >= goal)?.Round;

    private async Task Until(Func<bool> condition, CancellationToken cancel)
    {
        while (!condition())
            await Task.Delay(Poll, _clock, cancel).ConfigureAwait(false);
    }
}
