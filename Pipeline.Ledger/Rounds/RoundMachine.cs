using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The learning state of a chain: open → closed → final → open … → completed; after the last round of a trial members judge before the next opens. Pure and deterministic: transactions of a block first, then
/// <see cref="EndBlock"/> decides what the block's height and content lead to. Pausing, stopping, restarting, and who the members are, are decisions
/// that others take (<see cref="Governance"/>).
/// </summary>
public sealed partial class RoundMachine
{
    /// <summary>Final rounds, the newest included, that training can be restarted from.</summary>
    public const int RememberedFinals = 8;

    /// <summary>
    /// Closed rounds whose contributions the state names: a missing model can be recomputed from them, and whoever starts from a snapshot learns
    /// which payloads are no longer needed.
    /// </summary>
    public const int RememberedRounds = 2 * RememberedFinals;

    private readonly Digest _chainId;
    private readonly ISignatureVerifier _verifier;
    private readonly Queue<AuxiliaryBlend> _blends = new();
    private readonly List<FinalRound> _finals = [];
    private readonly List<RoundClosed> _closed = [];
    private readonly PrivacyReports _reports = new();
    private MemberSet _members;
    private RoundPolicy _policy;

    // By seat; null = none yet.
    private Contribution?[] _contributions;
    private Attestation?[] _attestations;
    private Metrics?[] _metrics;
    private bool[] _excluded;
    private bool[] _withdrawn;
    private bool[] _erased;

    private RoundPhase _phase = RoundPhase.Waiting;
    private bool _paused;
    private long _round;
    private long _lastRound;
    private Digest _base;
    private Digest _seed;
    private long _deadline;

    public RoundMachine(Digest chainId, MemberSet members, RoundPolicy policy, Digest initialModel, ISignatureVerifier verifier)
    {
        if (policy.Quorum > members.Count)
            throw new ArgumentException($"a quorum of {policy.Quorum} contributions with {members.Count} members", nameof(policy));
        _chainId = chainId;
        _members = members;
        _policy = policy;
        _verifier = verifier;
        _base = initialModel;
        _lastRound = policy.Rounds;
        _contributions = new Contribution?[members.Count];
        _attestations = new Attestation?[members.Count];
        _metrics = new Metrics?[members.Count];
        _excluded = new bool[members.Count];
        _withdrawn = new bool[members.Count];
        _erased = new bool[members.Count];
    }

    /// <summary>
    /// The first block opens round 1, and an open round with enough contributions, or a trial with n−f votes, waits only for its deadline height: blocks
    /// are due although no transaction waits. With fewer the deadline comes by the chain's slow heartbeat, so that who needs time has it.
    /// </summary>
    public bool WantsBlock => _phase switch
    {
        RoundPhase.Waiting => true,
        RoundPhase.Open => !_paused && Contributed >= _policy.Quorum,
        RoundPhase.Judging => _trials.Now!.Votes.Count >= _members.Quorum && (!_paused || _trials.Verdict(_members, _policy.Trial!, due: false) is not null),
        _ => false,
    };

    /// <summary>Mean of the members' last reported macro-AUC × 10⁶, rounded down; −1 when none reported.</summary>
    public int MeanAucPpm
    {
        get
        {
            long sum = 0;
            int count = 0;
            foreach (var metrics in _metrics)
            {
                if (metrics is null)
                    continue;
                sum += metrics.AucPpm;
                count++;
            }

            return count == 0 ? -1 : (int)(sum / count);
        }
    }

    public RoundPolicy Policy => _policy;

    /// <summary>The most that any member has reported to have spent of its privacy, ε × 10⁶; 0 where the policy has none.</summary>
    public long MostSpentMicro => _reports.All.Select(r => r.SpentMicro).DefaultIfEmpty(0).Max();

    /// <summary>Members whose contributions the round under way closed with; those that left since are counted.</summary>
    public int Contributors => _phase == RoundPhase.Closed ? _closed[^1].Contributions.Count : Contributed;

    private int Contributed => _contributions.Count(c => c is not null);

    /// <summary>The newest final round, of either branch; 0 when there is none.</summary>
    private long LastFinal => Math.Max(_finals.Count > 0 ? _finals[^1].Round : 0, _trials.Now is { Finals: [.., var offered] } ? offered.Round : 0);

    public RoundInfo Info => new(
        _phase, _round, _base, _seed, _deadline, Contributions(),
        [.. Enumerable.Range(0, _members.Count).Where(s => _attestations[s] is not null).Select(s => _members[s].Id)], _paused, _lastRound,
        [.. _finals], Those(_excluded), Those(_withdrawn))
    {
        Spent = _reports.All,
        Branch = Branch,
        Trial = _trials.Info(_policy.Trial, _round, _phase),
    };

    public string? Check(string sender, Contribution contribution)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (_excluded[seat])
            return $"'{sender}' signed two conflicting statements and is excluded until the members readmit it";
        if (_withdrawn[seat])
            return $"'{sender}' has withdrawn from training";
        if (_phase != RoundPhase.Open)
            return $"no round is open (round {_round} is {_phase.ToString().ToLowerInvariant()})";
        if (_paused)
            return $"training is paused in round {_round}; contribute when it resumes";
        if (contribution.Round != _round)
            return $"a contribution to round {contribution.Round}; round {_round} is open";
        if (contribution.Base != _base)
            return $"relative to model {contribution.Base.Short}; round {_round} starts from {_base.Short}";
        if (_contributions[seat] is not null)
            return $"'{sender}' has already contributed to round {_round}";
        return _reports.Check(_policy.Privacy, sender, contribution) ??
            AckQuorum.Verify(_chainId, _members, _verifier, contribution.Payload, contribution.Acks);
    }

    public string? Check(string sender, Attestation attestation)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (_phase != RoundPhase.Closed || attestation.Round != _round)
            return $"an attestation of round {attestation.Round}; round {_round} is {_phase.ToString().ToLowerInvariant()}";
        return _attestations[seat] is null ? null : $"'{sender}' has already attested round {_round}";
    }

    public string? Check(string sender, Metrics metrics)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (metrics.Round > LastFinal)
            return $"metrics of round {metrics.Round}; the last final round is {LastFinal}";
        return _metrics[seat] is { } last && last.Round >= metrics.Round
            ? $"'{sender}' has already reported metrics of round {last.Round}"
            : null;
    }

    /// <summary>Checks and, when nothing is wrong, takes effect; otherwise returns why not.</summary>
    public string? Apply(string sender, Contribution contribution)
    {
        if (Check(sender, contribution) is { } refusal)
            return refusal;
        _contributions[_members.IndexOf(sender)] = contribution;
        _reports.Take(sender, contribution);
        return null;
    }

    /// <inheritdoc cref="Apply(string, Contribution)"/>
    public string? Apply(string sender, Attestation attestation)
    {
        if (Check(sender, attestation) is { } refusal)
            return refusal;
        _attestations[_members.IndexOf(sender)] = attestation;
        return null;
    }

    /// <inheritdoc cref="Apply(string, Contribution)"/>
    public string? Apply(string sender, Metrics metrics, ICollection<IChainEvent> events)
    {
        if (Check(sender, metrics) is { } refusal)
            return refusal;
        _metrics[_members.IndexOf(sender)] = metrics;
        events.Add(new MetricsReported(sender, metrics.Round, metrics.AucPpm, metrics.SizeBucket));
        return null;
    }

    /// <summary>
    /// Blends are taken in this order: one per round, when a round closes, or, where the policy has trials, one per trial, when a round opens and none is on.
    /// </summary>
    public void Schedule(AuxiliaryBlend blend, ICollection<IChainEvent> events)
    {
        string? refusal = _phase == RoundPhase.Completed ? "training is complete" : _blends.Count == RoundSnapshot.MaxBlends ? $"{_blends.Count} wait already" : null;
        if (refusal is null)
            _blends.Enqueue(blend);
        else if (_policy.Trial is not null)
            events.Add(new TrialRefused(blend, refusal));
    }

    /// <summary>Null when training can be paused now; otherwise why not.</summary>
    public string? CheckPause() => _phase == RoundPhase.Completed ? "training is complete" : _paused ? "training is paused already" : null;

    /// <summary>Null when training can be resumed now; otherwise why not.</summary>
    public string? CheckResume() => _paused ? null : "training is not paused";

    /// <summary>Null when training can be stopped now; otherwise why not.</summary>
    public string? CheckStop() => _phase switch
    {
        RoundPhase.Waiting => "no round has been opened",
        RoundPhase.Completed => "training is complete",
        _ => null,
    };

    /// <summary>Null when training can be restarted from this model of this round now; otherwise why not.</summary>
    public string? CheckRestart(long round, Digest model)
    {
        int index = _finals.FindIndex(f => f.Round == round);
        if (index < 0)
            return $"round {round} is not one of the {_finals.Count} newest final rounds";
        return _finals[index].Model == model ? null : $"round {round} ended in model {_finals[index].Model.Short}, not {model.Short}";
    }

    /// <summary>After <see cref="CheckPause"/>: contributions wait and no deadline passes; a closed round is still attested, a trial still judged.</summary>
    public void Pause(ICollection<IChainEvent> events)
    {
        _paused = true;
        events.Add(new TrainingPaused(_round));
    }

    /// <summary>After <see cref="CheckResume"/>: an open round, or a trial that is judged, gets a new deadline.</summary>
    public void Resume(long height, ICollection<IChainEvent> events)
    {
        _paused = false;
        _deadline = height + _policy.DeadlineBlocks;
        events.Add(new TrainingResumed(_round, _deadline));
    }

    /// <summary>
    /// After <see cref="CheckStop"/>: an open round is abandoned, a closed one becomes the last. A trial ends without what it tries: members have not
    /// accepted it, and a closed round of that branch is abandoned too.
    /// </summary>
    public void Stop(ICollection<IChainEvent> events)
    {
        _lastRound = _round;
        bool becomesLast = _phase == RoundPhase.Closed && Branch.Side != TrialSide.Offered;
        if (!becomesLast && _phase != RoundPhase.Judging)
            events.Add(new RoundAbandoned(_round));
        if (_trials.Now is { } trial)
            EndTrial(accepted: false, trial.Own, "members stopped training", events);
        if (!becomesLast)
            Complete(events);
    }

    /// <summary>
    /// After <see cref="CheckRestart"/>: the round under way is abandoned, and a trial ended without what it tries; the block's end opens the next one from
    /// the older model.
    /// </summary>
    /// <param name="rounds">Rounds until training is complete.</param>
    public void Restart(long round, int rounds, ICollection<IChainEvent> events)
    {
        if (_phase is not (RoundPhase.Completed or RoundPhase.Judging))
            events.Add(new RoundAbandoned(_round));
        _finals.RemoveAll(f => f.Round > round);
        if (_trials.Now is not null)
            EndTrial(accepted: false, _finals[^1].Model, "members restarted training", events);
        events.Add(new TrainingRestarted(round, _finals[^1].Model));
        _base = _finals[^1].Model;
        _lastRound = _round + rounds;
        _paused = false;
        _phase = RoundPhase.Waiting;
    }

    /// <summary>After the block's transactions: finalizes, opens, closes, extends, or ends a trial.</summary>
    public void EndBlock(long height, Digest blockId, ICollection<IChainEvent> events)
    {
        if (_phase == RoundPhase.Waiting)
            Open(height, blockId, events);
        else if (_phase == RoundPhase.Closed && AttestedByQuorum() is { } attested)
            Finalize(attested, height, blockId, events);
        else if (_phase == RoundPhase.Judging)
            Judge(height, blockId, events);
        else if (_phase == RoundPhase.Open && !_paused)
            CloseOrExtend(height, events);
    }

    private void Open(long height, Digest blockId, ICollection<IChainEvent> events)
    {
        _phase = RoundPhase.Open;
        _round++;
        _seed = blockId;
        _deadline = height + _policy.DeadlineBlocks;
        Array.Clear(_contributions);
        Array.Clear(_attestations);
        if (_policy.Trial is { } terms)
            BeginTrial(terms, events);
        var branch = Branch;
        _base = _trials.Now?.ModelOf(branch.Side) ?? _base;
        events.Add(new RoundOpened(_round, _base, blockId, _deadline, branch));
    }

    private void CloseOrExtend(long height, ICollection<IChainEvent> events)
    {
        int contributed = Contributed;
        bool all = contributed == Enumerable.Range(0, _members.Count).Count(seat => !_excluded[seat] && !_withdrawn[seat]);
        if (contributed >= _policy.Quorum && (all || height >= _deadline))
        {
            _phase = RoundPhase.Closed;
            foreach (var spent in _reports.All.Where(s => s.Round == _round))
                events.Add(spent);
            _closed.Add(new RoundClosed(_round, _base, Contributions(), TakeBlend()));
            if (_closed.Count > RememberedRounds)
                _closed.RemoveAt(0);
            events.Add(_closed[^1]);
        }
        else if (height >= _deadline)
        {
            _deadline = height + _policy.DeadlineBlocks;
            events.Add(new RoundExtended(_round, _deadline));
        }
    }

    private void Finalize(Attestation attested, long height, Digest blockId, ICollection<IChainEvent> events)
    {
        events.Add(new RoundFinalized(_round, attested.Model, attested.Backbone));
        var final = new FinalRound(_round, attested.Model);
        _base = attested.Model;
        if (Branch.Side != TrialSide.Offered)
            Remember(final);
        if (_trials.Take(final, _policy.Trial))
            LetJudge(height, events);
        else
            GoOn(height, blockId, events);
    }

    private void GoOn(long height, Digest blockId, ICollection<IChainEvent> events)
    {
        if (_round < _lastRound)
            Open(height, blockId, events);
        else
            Complete(events);
    }

    private void Remember(FinalRound final)
    {
        _finals.Add(final);
        if (_finals.Count > RememberedFinals)
            _finals.RemoveAt(0);
    }

    private void Complete(ICollection<IChainEvent> events)
    {
        _phase = RoundPhase.Completed;
        _paused = false;
        if (_policy.Trial is not null)
        {
            foreach (var waiting in _blends)
                events.Add(new TrialRefused(waiting, "training is complete"));
        }

        _blends.Clear();
        events.Add(new TrainingCompleted(LastFinal, _base));
    }

    private Attestation? AttestedByQuorum()
    {
        // A quorum is more than half, so at most one value reaches it.
        foreach (var candidate in _attestations)
        {
            if (candidate is not null && _attestations.Count(a => a == candidate) >= _members.Quorum)
                return candidate;
        }

        return null;
    }

    private RoundContribution[] Contributions() =>
        [.. Enumerable.Range(0, _members.Count).Where(s => _contributions[s] is not null)
            .Select(s => new RoundContribution(_members[s].Id, _contributions[s]!.Payload))];
}
