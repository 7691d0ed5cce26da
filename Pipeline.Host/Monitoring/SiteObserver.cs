using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Cluster;
using Pipeline.Host.Configuration;
using Pipeline.Host.Reporting;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Monitoring;

/// <summary>
/// Looks at a running site every so often and keeps what it saw. Nobody who asks for status, metrics or health makes the site do anything: they read the last look.
/// </summary>
internal sealed class SiteObserver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SiteNode _node;
    private readonly SiteSettings _settings;
    private readonly Func<Gateway.Gateway?> _gateway;
    private readonly TimeProvider _clock;
    private readonly RoundHistory _history = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly DateTimeOffset _started;
    private readonly ILoggingAdapter _log;
    private readonly IActorRef _listener;
    private Task _looking = Task.CompletedTask;
    private SiteStatus _latest;

    private SiteObserver(SiteNode node, SiteSettings settings, Func<Gateway.Gateway?> gateway, TimeProvider clock)
    {
        (_node, _settings, _gateway, _clock) = (node, settings, gateway, clock);
        _log = Logging.GetLogger(node.System, typeof(SiteObserver));
        _started = clock.GetUtcNow();
        // Before the chains are joined, so that no report is missed.
        _listener = node.System.ActorOf(ProgressListener.Props(_history), "progress-listener");
        _latest = new SiteStatus(
            settings.Name, ProgramVersion.Release, _started, _started, ["starting"], new DicomState(settings.Dicom.AeTitle, 0, 0, 0, 0, 0, 0), new SpoolState(0, 0, null), new DiskState(0, 0), [], [])
        { Live = true };
    }

    /// <summary>The last look. One that is older than ten intervals is not live any more.</summary>
    public SiteStatus Latest
    {
        get
        {
            var latest = Volatile.Read(ref _latest);
            return _clock.GetUtcNow() - latest.Time < 10 * _settings.Status.Refresh + Patience
                ? latest
                : latest with { Live = false, Problems = [.. latest.Problems, $"nobody has looked since {latest.Time:u}: the process is overloaded or stuck"] };
        }
    }

    /// <summary>Listens from now on; <see cref="Begin"/> starts to look.</summary>
    /// <param name="gateway">The one at this moment; null where there is none.</param>
    public static SiteObserver Create(SiteNode node, SiteSettings settings, Func<Gateway.Gateway?> gateway, TimeProvider clock) => new(node, settings, gateway, clock);

    public void Begin() => _looking = Task.Run(LookAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        _node.System.Stop(_listener);
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(_settings.Status.Refresh, _clock);
        try
        {
            do
            {
                Volatile.Write(ref _latest, await SeeAsync().ConfigureAwait(false));
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception e)
        {
            // Health says so after a while; the site itself goes on.
            _log.Error(e, "The status of this site cannot be told any more.");
        }
    }

    private async Task<SiteStatus> SeeAsync()
    {
        var ingest = _node.Ingest;
        var (connections, associations, admitted, refused) = ingest.Load;
        var counters = ingest.Counters;
        var chains = await Task.WhenAll(_settings.Chains.Select(chain => SeeAsync(chain, counters.GetValueOrDefault(chain.Name)))).ConfigureAwait(false);
        var drive = new DriveInfo(_settings.DataDirectory);
        var peers = Peers();
        IReadOnlyList<ClusterMember> nodes = _settings.Cluster is null ? [] : SiteCluster.Members(_node.System);
        var problems = new List<string>();
        problems.AddRange(nodes.Where(node => !node.Reachable).Select(node => $"node {node.Node} at {node.Address} does not answer"));
        if (ingest.Obstruction is { } obstruction)
            problems.Add($"no instance is taken: {obstruction}");
        problems.AddRange(chains.Where(chain => chain.Ailment is not null).Select(chain => $"chain {chain.Name}: {chain.Ailment}"));
        problems.AddRange(chains.Where(chain => chain.Learner.LastTrouble is not null).Select(chain => $"chain {chain.Name}: {chain.Learner.LastTrouble}"));
        problems.AddRange(peers.Where(peer => !peer.Up).Select(peer => $"no link to {peer.Member}"));
        bool live = !ingest.Completion.IsCompleted;
        if (!live)
            problems.Add("the stages between spool and sample store have ended");
        return new SiteStatus(
            _settings.Name, ProgramVersion.Release, _clock.GetUtcNow(), _started, problems,
            new DicomState(_settings.Dicom.AeTitle, ingest.Port, ingest.TlsPort, associations, connections, admitted, refused),
            new SpoolState(ingest.Acknowledged, ingest.Pending, ingest.Obstruction), new DiskState(drive.AvailableFreeSpace, drive.TotalSize), chains, peers)
        { Live = live, Nodes = nodes };
    }

    private async Task<ChainState> SeeAsync(ChainSettings settings, ChainCounters? counters)
    {
        var state = new ChainState(settings.Name, settings.AeTitle, false)
        {
            Received = counters?.Received ?? 0,
            Instances = counters is null ? [] : [.. Instances(counters)],
            Samples = _node.Ingest.Stores.TryGetValue(settings.Name, out var store) ? [.. Samples(store, ClassesOf(settings))] : [],
        };
        if (!_node.Chains.TryGetValue(settings.Name, out var chain))
            return state with { Elsewhere = _settings.Cluster is not null && File.Exists(settings.GenesisFile) };
        var view = chain.View;
        var (totals, rounds) = _history.Of(settings.Name);
        ChainProtocol.ChainStatus? replica = null;
        try
        {
            replica = await chain.Replica.Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, Patience, _stop.Token).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // Said below.
        }

        string? ailment = replica is null ? "its replica does not answer; the log says why"
            : replica.Syncing ? $"its replica is behind, at height {replica.Height}, and catches up" : null;
        return WithRounds(state, view) with
        {
            Joined = true,
            Healthy = ailment is null,
            Ailment = ailment,
            Height = view.Height,
            BlockAge = view.Height == 0 ? null : Math.Max(0, (_clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(view.Time)).TotalSeconds),
            Syncing = replica?.Syncing ?? false,
            ConsensusRound = replica?.ConsensusRound ?? 0,
            PendingTransactions = replica?.PendingTransactions ?? 0,
            WireBytes = replica?.WireBytes ?? 0,
            Quorum = view.Rules.Members.Quorum,
            Auc = view.MeanAucPpm < 0 ? null : view.MeanAucPpm * 1e-6,
            PayloadBytes = chain.Store.UsedBytes,
            PayloadQuota = _settings.Payloads.QuotaBytes,
            JournalBytes = chain.Journal is ChainJournal.Sqlite { File: var file } && File.Exists(file) ? new FileInfo(file).Length : null,
            EpsilonSpent = view.Policy.Privacy is null ? null : view.Round.SpentBy(_settings.Name) * 1e-6,
            EpsilonBudget = view.Policy.Privacy is { } privacy ? privacy.BudgetMicro * 1e-6 : null,
            Bridges = [.. view.Channels.Select(channel => new BridgeState(
                channel.Client.Chain.Name, channel.Client.Epoch, channel.Client.Height, Math.Max(0, channel.NextSequence - 1), channel.Client.CheckUsable(view.Time)))],
            Learner = totals,
            History = rounds,
        };
    }

    private static ChainState WithRounds(ChainState state, LearningView view)
    {
        var round = view.Round;
        bool judging = round.Phase == RoundPhase.Judging;
        var done = (judging ? round.Trial!.Votes.Select(v => v.Member) : round.Contributions.Select(c => c.Member)).ToHashSet(StringComparer.Ordinal);
        return state with
        {
            Round = round.Round,
            LastRound = round.LastRound,
            Phase = round.Paused ? "paused" : round.Phase.ToString().ToLowerInvariant(),
            BlocksLeft = round.Phase is RoundPhase.Open or RoundPhase.Judging ? Math.Max(0, round.DeadlineHeight - view.Height) : 0,
            Members = [.. view.Rules.Members.Members.Select(member => new MemberState(
                member.Id,
                round.Excluded.Contains(member.Id) ? "excluded" : round.Withdrawn.Contains(member.Id) ? "withdrawn" : done.Contains(member.Id) ? judging ? "voted" : "contributed" : "waiting"))],
        };
    }

    private IReadOnlyList<string> ClassesOf(ChainSettings settings) =>
        _node.Chains.TryGetValue(settings.Name, out var chain) ? GenesisFile.TaskOf(chain.Genesis)?.Classes ?? settings.Classes : settings.Classes;

    private static IEnumerable<InstanceCount> Instances(ChainCounters counters)
    {
        yield return new InstanceCount("stored", "", counters.Stored);
        yield return new InstanceCount("awaiting-label", "", counters.AwaitingLabel);
        yield return new InstanceCount("assembling", "", counters.Assembling);
        yield return new InstanceCount("repeated", "", counters.Repeated);
        foreach (var (outcome, reasons) in new[] { ("quarantined", counters.Quarantined), ("out-of-scope", counters.OutOfScope), ("removed", counters.Removed) })
        {
            foreach (var (reason, count) in reasons.OrderBy(r => r.Key, StringComparer.Ordinal))
                yield return new InstanceCount(outcome, reason, count);
        }
    }

    private static IEnumerable<SampleCount> Samples(ISampleStore store, IReadOnlyList<string> classes)
    {
        var counts = store.Counts;
        for (int split = 0; split < counts.Count; split++)
        {
            for (int label = 0; label < counts[split].Count && label < classes.Count; label++)
                yield return new SampleCount(((DataSplit)split).ToString().ToLowerInvariant(), classes[label], counts[split][label]);
        }
    }

    private PeerState[] Peers()
    {
        if (_gateway() is not { } gateway)
            return [];
        var links = gateway.Links;
        return
        [
            .. links.Select(link => new PeerState(
                link.Member, true, link.Endpoint, link.Since, link.SentBytes, link.ReceivedBytes, link.Waiting, link.Dropped, link.Invalid)),
            .. _settings.Gateway.Peers.Where(peer => links.All(link => link.Member != peer.Member))
                .Select(peer => new PeerState(peer.Member, false, peer.Address ?? "", null, 0, 0, 0, 0, 0)),
        ];
    }
}
