using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// What the chain's state and the events since say is still to be done: the newest round, whether it waits for its aggregate, which offers are
/// undecided, whether a trial is judged. Pure; the aggregator acts on it once it has caught up.
/// </summary>
/// <param name="keepRounds">
/// Final rounds of a branch whose model and contributions are kept: a missing model can be recomputed from them, training restarted.
/// </param>
internal sealed class LearningProgress(string member, int keepRounds)
{
    private readonly SortedDictionary<long, RoundClosed> _closed = [];

    // Those that training descends from, in a trial by its own branch; and since when there is another, with its own.
    private readonly List<FinalRound> _finals = [];
    private readonly List<FinalRound> _offered = [];
    private readonly HashSet<string> _erased = [];
    private readonly Dictionary<Digest, AuxiliaryPacket> _offers = [];
    private HashSet<Digest> _held = [];
    private long? _trial;

    public long Height { get; private set; }

    public RoundOpened? Open { get; private set; }

    /// <summary>The closed round that waits for n−f attestations, or null.</summary>
    public RoundClosed? AwaitingAggregate { get; private set; }

    public FinalRound? LastFinal { get; private set; }

    /// <summary>Training is complete; null when it was restarted since.</summary>
    public TrainingCompleted? Completed { get; private set; }

    /// <summary>The trial that members judge, or null.</summary>
    public TrialReady? Judged { get; private set; }

    /// <summary>The newest round that the own institution has attested on the chain.</summary>
    public long OwnAttested { get; private set; }

    /// <summary>First round of the newest trial that the own institution has voted on.</summary>
    public long OwnJudged { get; private set; }

    /// <summary>Offers that neither the members have decided nor the own institution has voted on, by payload.</summary>
    public IReadOnlyDictionary<Digest, AuxiliaryPacket> Offers => _offers;

    /// <summary>
    /// The model that the chain stands at: base of the newest round, that of the own branch while a trial is judged, or the final one. Null before the
    /// first block.
    /// </summary>
    public Digest? Model => Completed?.Model ?? Judged?.Own ?? Open?.Base;

    /// <summary>Closed rounds that are remembered, oldest first.</summary>
    public IReadOnlyCollection<RoundClosed> Closed => _closed.Values;

    /// <summary>Payloads of members that withdrew and had them deleted; those of a round that waits for its aggregate are needed until it is final.</summary>
    public IEnumerable<Digest> Erased => _closed.Values.Where(c => c.Round != AwaitingAggregate?.Round)
        .SelectMany(c => c.Contributions).Where(c => _erased.Contains(c.Member)).Select(c => c.Payload);

    /// <summary>Payloads that may be needed: contributions to remembered rounds, and models that these started from or that training may go on from.</summary>
    public HashSet<Digest> Held => [
        .. _closed.Values.SelectMany(c => c.Contributions).Select(c => c.Payload), .. _closed.Values.Select(c => c.Base), .. Finals.Select(f => f.Model),
        .. Model is { } model ? [model] : Array.Empty<Digest>(),
    ];

    private IEnumerable<FinalRound> Finals => _finals.Concat(_offered);

    /// <summary>As if every block up to the state had been taken in, as far as the state remembers them.</summary>
    /// <param name="founders">The members of the genesis, who are those of a state that names no others.</param>
    public static LearningProgress At(LearningSnapshot state, MemberSet founders, string member, int keepRounds)
    {
        var rounds = state.Rounds;
        var members = state.Membership?.Members ?? founders;
        int seat = members.IndexOf(member);
        var progress = new LearningProgress(member, keepRounds)
        {
            Height = state.Height,
            Open = rounds.Round == 0 ? null : new RoundOpened(rounds.Round, rounds.Base, rounds.Seed, rounds.DeadlineHeight, rounds.Branch),
            AwaitingAggregate = rounds.Phase == RoundPhase.Closed ? rounds.Closed[^1] : null,
            OwnAttested = seat >= 0 && rounds.Attestations[seat] is { } own ? own.Round : 0,
        };
        foreach (var closed in rounds.Closed)
            progress._closed[closed.Round] = closed;
        progress._erased.UnionWith(members.Members.Where((_, s) => rounds.Governance?.Erased[s] == true).Select(m => m.Id));
        progress._finals.AddRange(rounds.Finals);
        if (rounds.Trials?.Now is { } trial)
        {
            progress._trial = trial.Began;
            progress._offered.AddRange(trial.Finals);
            if (rounds.Phase == RoundPhase.Judging)
                progress.Judged = new TrialReady(trial.Began, trial.Own, trial.Offered, rounds.DeadlineHeight);
            if (trial.Votes.Any(vote => vote.Member == member))
                progress.OwnJudged = trial.Began;
        }

        progress.LastFinal = progress.Finals.MaxBy(f => f.Round);
        if (rounds.Phase == RoundPhase.Completed)
            progress.Completed = new TrainingCompleted(progress.LastFinal?.Round ?? 0, rounds.Base);
        foreach (var channel in state.Bridge.Channels)
        {
            if (channel.Offer is { } offer && (seat < 0 || ((offer.Accepts | offer.Refuses) >> seat & 1) == 0))
                progress._offers[offer.Packet.Payload] = offer.Packet;
        }

        progress._held = progress.Held;
        return progress;
    }

    /// <summary>Takes a block in; false when it was already taken.</summary>
    public bool TryTake(ChainProtocol.BlockApplied applied)
    {
        if (applied.Block.Height <= Height)
            return false;
        Height = applied.Block.Height;
        var transactions = applied.Block.Block.Transactions;
        for (int i = 0; i < transactions.Count; i++)
        {
            if (transactions[i].Sender == member && applied.Outcome.Receipts[i].Refusal is null)
                TakeOwn(transactions[i]);
        }

        foreach (var happened in applied.Outcome.Events)
            Take(happened);
        return true;
    }

    /// <summary>The closed round whose aggregate is a model that training may go on from; null when that is not remembered.</summary>
    public RoundClosed? ClosedTo(Digest model) => Finals.LastOrDefault(f => f.Model == model) is { } final ? _closed.GetValueOrDefault(final.Round) : null;

    /// <summary>Forgets rounds that recomputation no longer reaches back to; returns the payloads that are needed no more.</summary>
    public IReadOnlyList<Digest> Expire()
    {
        if (_finals.Count >= keepRounds)
        {
            // Both branches of a trial reach back to before it, as long as those rounds are among the newest.
            var offered = _finals.Where(f => f.Round < _trial).Concat(_offered).ToArray();
            long first = Math.Min(_finals[^keepRounds].Round, offered.Length >= keepRounds ? offered[^keepRounds].Round : long.MaxValue);
            foreach (long round in _closed.Keys.Where(round => round < first).ToArray())
                _closed.Remove(round);
            _finals.RemoveRange(0, _finals.Count - keepRounds);
            _offered.RemoveRange(0, Math.Max(0, _offered.Count - keepRounds));
        }

        var before = _held;
        _held = Held;
        return [.. before.Except(_held)];
    }

    private void TakeOwn(Transaction transaction)
    {
        switch (transaction.Kind)
        {
            case LearningTransactions.Attestation:
                OwnAttested = Canonical.Decode<Attestation>(transaction.Body).Round;
                break;
            case LearningTransactions.GateVote:
                TakeOwn(Canonical.Decode<GateVote>(transaction.Body));
                break;
            case LearningTransactions.TrialVote:
                OwnJudged = Canonical.Decode<TrialVote>(transaction.Body).Began;
                break;
        }
    }

    private void TakeOwn(GateVote vote)
    {
        foreach (var offer in _offers.Values.Where(p => p.SourceChain == vote.SourceChain && p.Sequence == vote.Sequence).ToArray())
            _offers.Remove(offer.Payload);
    }

    private void Take(IChainEvent happened)
    {
        switch (happened)
        {
            case RoundOpened opened:
                Open = opened;
                Completed = null;
                break;
            case RoundClosed closed:
                AwaitingAggregate = closed;
                _closed[closed.Round] = closed;
                break;
            case RoundFinalized final:
                AwaitingAggregate = null;
                LastFinal = new FinalRound(final.Round, final.Model);
                (_trial is not null && Open?.Branch.Side == TrialSide.Offered ? _offered : _finals).Add(LastFinal);
                break;
            case RoundAbandoned:
                AwaitingAggregate = null;
                break;
            case TrialBegan began:
                _trial = began.Round;
                break;
            case TrialReady ready:
                Judged = ready;
                break;
            case TrialEnded ended:
                TakeEnd(ended);
                break;
            case TrainingRestarted restarted:
                _finals.RemoveAll(final => final.Round > restarted.FromRound);
                break;
            case MemberWithdrew { Erase: true } withdrew:
                _erased.Add(withdrew.Member);
                break;
            case MemberReadmitted readmitted:
                _erased.Remove(readmitted.Member);
                break;
            case TrainingCompleted completed:
                Completed = completed;
                break;
            case AuxiliaryOffered offered:
                _offers[offered.Packet.Payload] = offered.Packet;
                break;
            case AuxiliaryAccepted accepted:
                _offers.Remove(accepted.Packet.Payload);
                break;
            case AuxiliaryRefused refused:
                _offers.Remove(refused.Packet.Payload);
                break;
        }
    }

    private void TakeEnd(TrialEnded ended)
    {
        if (ended.Accepted)
        {
            _finals.RemoveAll(final => final.Round >= ended.Began);
            _finals.AddRange(_offered);
        }

        _offered.Clear();
        _trial = null;
        Judged = null;
    }
}
