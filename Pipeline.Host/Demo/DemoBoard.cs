using Pipeline.Host.Reporting;
using Pipeline.Host.Site;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Demo;

/// <summary>
/// What the demo has seen so far, from the progress messages of all sites. Written by the sites' watchers, read by the display and, at the
/// end, by the result; one lock, no waiting inside.
/// </summary>
public sealed class DemoBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Site, string Chain), Entry> _entries = [];
    private readonly Dictionary<(string Chain, long Round), FixedPointModel> _models = [];
    private readonly Dictionary<string, double> _auc = [];
    private readonly Dictionary<(string Chain, long Sequence), bool?> _offers = [];
    private readonly HashSet<(string Chain, long Round, Type Event)> _trials = [];
    private readonly List<string> _events = [];
    private readonly TimeProvider _clock;
    private readonly long _start;
    private string _phase = "starting";

    public DemoBoard(TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
    }

    public TimeSpan Elapsed => _clock.GetElapsedTime(_start);

    public void Phase(string phase)
    {
        lock (_gate)
            _phase = phase;
        Note(phase);
    }

    public void Note(string line)
    {
        lock (_gate)
            _events.Add($"{Elapsed:mm\\:ss} {line}");
    }

    /// <param name="keepEvery">The model of every so many rounds is kept for scoring, and the last.</param>
    public void Enter(string site, string chain, int totalRounds, int keepEvery)
    {
        lock (_gate)
            _entries.TryAdd((site, chain), new Entry(totalRounds, keepEvery));
    }

    public void State(string site, string chain, string state) => Update(site, chain, e => e.State = state);

    /// <summary>What the site's own counters say at this moment.</summary>
    public void Counters(string site, string chain, long received, long samples, long height, long wireBytes) => Update(site, chain, e =>
    {
        e.Received = Math.Max(e.Received, received);
        e.Samples = samples;
        e.Height = Math.Max(e.Height, height);
        e.WireBytes = Math.Max(e.WireBytes, wireBytes);
    });

    public void Auc(string chain, double auc)
    {
        lock (_gate)
            _auc[chain] = auc;
    }

    public void On(LearnerProtocol.IProgress progress)
    {
        switch (progress)
        {
            case LearnerProtocol.RoundStarted started:
                Update(started.Site, started.Chain, e => (e.Round, e.State) = ((int)started.Round, "training"));
                // While two branches take turns, a round's base is not the result of the round before.
                if (started.Branch.Side == TrialSide.None)
                    RememberSome(started.Site, started.Chain, started.Round - 1, started.Model);
                break;
            case LearnerProtocol.UpdateSubmitted submitted:
                Update(submitted.Site, submitted.Chain, e =>
                {
                    e.Updates++;
                    e.UpdateBytes += submitted.PayloadBytes;
                });
                break;
            case LearnerProtocol.Waiting waiting:
                Update(waiting.Site, waiting.Chain, e => e.State = "waiting: " + waiting.Reason);
                break;
            case LearnerProtocol.OfferJudged judged:
                Note($"{judged.Site} {(judged.Decision.Accept ? "accepts" : "refuses")} the backbone of {judged.FromChain}: {judged.Decision.Reason}");
                break;
            case LearnerProtocol.TrialJudged judged:
                Note($"{judged.Site} votes on the trial: {judged.Decision.Reason}");
                break;
            case LearnerProtocol.CollaborationCompleted completed:
                Update(completed.Site, completed.Chain, e => (e.Round, e.State, e.Final) = ((int)completed.Round, "personalizing", completed.Model));
                Remember(completed.Chain, completed.Round, completed.Model);
                break;
            case LearnerProtocol.PersonalModelReady ready:
                Update(ready.Site, ready.Chain, e => (e.State, e.Personal) = ("personal model: " + ready.Result.Chosen, ready));
                break;
            case LearnerProtocol.Trouble trouble:
                Note($"{trouble.Site} {trouble.Chain}: {trouble.What}");
                break;
            case LearnerProtocol.ChainEventSeen { Replayed: false } seen:
                OnChainEvent(seen);
                break;
        }
    }

    /// <summary>Models that became known, by round: 0 is the first weights.</summary>
    public IReadOnlyList<(long Round, FixedPointModel Model)> Models(string chain)
    {
        lock (_gate)
            return [.. _models.Where(m => m.Key.Chain == chain).OrderBy(m => m.Key.Round).Select(m => (m.Key.Round, m.Value))];
    }

    /// <summary>Mean bytes of one site's update of one round.</summary>
    public long MeanUpdateBytes(string chain)
    {
        lock (_gate)
        {
            var entries = _entries.Where(e => e.Key.Chain == chain).Select(e => e.Value).ToArray();
            return entries.Sum(e => e.UpdateBytes) / Math.Max(1, entries.Sum(e => e.Updates));
        }
    }

    public long WireBytes(string chain)
    {
        lock (_gate)
            return _entries.Where(e => e.Key.Chain == chain).Sum(e => e.Value.WireBytes);
    }

    /// <summary>Packets that reached the chain, and how many of them its members accepted.</summary>
    public (int Packets, int Accepted) Offers(string chain)
    {
        lock (_gate)
        {
            var offers = _offers.Where(o => o.Key.Chain == chain).ToArray();
            return (offers.Length, offers.Count(o => o.Value == true));
        }
    }

    public long Round(string site, string chain)
    {
        lock (_gate)
            return _entries.TryGetValue((site, chain), out var entry) ? entry.Round : 0;
    }

    public long Updates(string site, string chain)
    {
        lock (_gate)
            return _entries.TryGetValue((site, chain), out var entry) ? entry.Updates : 0;
    }

    /// <summary>The site has seen its chain's last round become final.</summary>
    public bool IsComplete(string site, string chain)
    {
        lock (_gate)
            return _entries.TryGetValue((site, chain), out var entry) && entry.Final is not null;
    }

    /// <summary>The personal model's result, once it is there.</summary>
    public LearnerProtocol.PersonalModelReady? Personal(string site, string chain)
    {
        lock (_gate)
            return _entries.TryGetValue((site, chain), out var entry) ? entry.Personal : null;
    }

    public DemoSnapshot Snapshot()
    {
        lock (_gate)
        {
            DemoSnapshot.Row[] rows =
            [
                .. _entries.OrderBy(e => e.Key.Chain, StringComparer.Ordinal).ThenBy(e => e.Key.Site, StringComparer.Ordinal).Select(e => new DemoSnapshot.Row(
                    e.Key.Site, e.Key.Chain, e.Value.Received, e.Value.Samples, e.Value.Round, e.Value.TotalRounds, e.Value.Height,
                    _auc.TryGetValue(e.Key.Chain, out double auc) ? auc : null, e.Value.UpdateBytes, e.Value.WireBytes, e.Value.State)),
            ];
            return new DemoSnapshot(Elapsed, _phase, rows, [.. _events]);
        }
    }

    private void OnChainEvent(LearnerProtocol.ChainEventSeen seen)
    {
        switch (seen.Event)
        {
            case AuxiliaryOffered offered:
                if (Offer(seen.Chain, offered.Packet.Sequence, null))
                    Note($"{seen.Chain}: packet {offered.Packet.Sequence} of {offered.Packet.SourceName} (round {offered.Packet.Round}) proved at height {seen.Height}");
                break;
            case AuxiliaryAccepted accepted:
                if (Offer(seen.Chain, accepted.Packet.Sequence, true))
                    Note($"{seen.Chain}: members accept the backbone of {accepted.Packet.SourceName}");
                break;
            case TrialBegan began:
                if (IsFirst(seen, began.Round))
                    Note($"{seen.Chain}: members try a backbone: from round {began.Round} on, a round with it and a round without it take turns");
                break;
            case TrialEnded ended:
                if (IsFirst(seen, ended.Began))
                    Note($"{seen.Chain}: the trial of round {ended.Began} is over; training goes on {(ended.Accepted ? "with" : "without")} the backbone: {ended.Reason}");
                break;
            case AuxiliaryRefused refused:
                if (Offer(seen.Chain, refused.Packet.Sequence, false))
                    Note($"{seen.Chain}: members refuse the backbone of {refused.Packet.SourceName}: {refused.Reason}");
                break;
        }
    }

    /// <summary>Every site reports the same event; the first one counts.</summary>
    private bool Offer(string chain, long sequence, bool? verdict)
    {
        lock (_gate)
        {
            if (_offers.TryGetValue((chain, sequence), out bool? known) && (known is not null || verdict is null))
                return false;
            _offers[(chain, sequence)] = verdict;
            return true;
        }
    }

    private bool IsFirst(LearnerProtocol.ChainEventSeen seen, long round)
    {
        lock (_gate)
            return _trials.Add((seen.Chain, round, seen.Event.GetType()));
    }

    private void Remember(string chain, long round, FixedPointModel model)
    {
        lock (_gate)
            _models.TryAdd((chain, round), model);
    }

    private void RememberSome(string site, string chain, long round, FixedPointModel model)
    {
        bool keep;
        lock (_gate)
            keep = _entries.TryGetValue((site, chain), out var entry) && round % entry.KeepEvery == 0;
        if (keep)
            Remember(chain, round, model);
    }

    private void Update(string site, string chain, Action<Entry> change)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue((site, chain), out var entry))
                change(entry);
        }
    }

    private sealed class Entry(int totalRounds, int keepEvery)
    {
        public int KeepEvery { get; } = keepEvery;

        public int TotalRounds { get; } = totalRounds;

        public long Received { get; set; }

        public long Samples { get; set; }

        public int Round { get; set; }

        public long Height { get; set; }

        public int Updates { get; set; }

        public long UpdateBytes { get; set; }

        public long WireBytes { get; set; }

        public string State { get; set; } = "waiting for images";

        public FixedPointModel? Final { get; set; }

        public LearnerProtocol.PersonalModelReady? Personal { get; set; }
    }
}
