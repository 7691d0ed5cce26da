using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// What the chain's state and the events since say is still to be done: the newest round, whether it waits for its aggregate, which offers are
/// undecided. Pure; the aggregator acts on it once it has caught up.
/// </summary>
/// <param name="keepRounds">Final rounds whose model and contributions are kept: a missing model can be recomputed from them, training restarted.</param>
internal sealed class LearningProgress(string member, int keepRounds)
{
    private readonly SortedDictionary<long, RoundClosed> _closed = [];
    private readonly List<long> _finals = [];
    private readonly HashSet<string> _erased = [];
    private readonly Dictionary<Digest, AuxiliaryPacket> _offers = [];

    public long Height { get; private set; }

    public RoundOpened? Open { get; private set; }

    /// <summary>The closed round that waits for n−f attestations, or null.</summary>
    public RoundClosed? AwaitingAggregate { get; private set; }

    public FinalRound? LastFinal { get; private set; }

    /// <summary>Training is complete; null when it was restarted since.</summary>
    public TrainingCompleted? Completed { get; private set; }

    /// <summary>The newest round that the own institution has attested on the chain.</summary>
    public long OwnAttested { get; private set; }

    /// <summary>Offers that neither the members have decided nor the own institution has voted on, by payload.</summary>
    public IReadOnlyDictionary<Digest, AuxiliaryPacket> Offers => _offers;

    /// <summary>The model that the chain stands at: base of the newest round, or the final one. Null before the first block.</summary>
    public Digest? Model => Completed?.Model ?? Open?.Base;

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
            Open = rounds.Round == 0 ? null : new RoundOpened(rounds.Round, rounds.Base, rounds.Seed, rounds.DeadlineHeight),
            AwaitingAggregate = rounds.Phase == RoundPhase.Closed ? rounds.Closed[^1] : null,
            LastFinal = rounds.Finals.Count == 0 ? null : rounds.Finals[^1],
            OwnAttested = seat >= 0 && rounds.Attestations[seat] is { } own ? own.Round : 0,
        };
        if (rounds.Phase == RoundPhase.Completed)
            progress.Completed = new TrainingCompleted(progress.LastFinal?.Round ?? 0, rounds.Base);
        foreach (var closed in rounds.Closed)
            progress._closed[closed.Round] = closed;
        progress._erased.UnionWith(members.Members.Where((_, s) => rounds.Governance?.Erased[s] == true).Select(m => m.Id));
        progress._finals.AddRange(rounds.Finals.Select(f => f.Round));
        foreach (var channel in state.Bridge.Channels)
        {
            if (channel.Offer is { } offer && (seat < 0 || ((offer.Accepts | offer.Refuses) >> seat & 1) == 0))
                progress._offers[offer.Packet.Payload] = offer.Packet;
        }

        return progress;
    }

    /// <summary>Closed rounds that are remembered, oldest first.</summary>
    public IReadOnlyCollection<RoundClosed> Closed => _closed.Values;

    /// <summary>Payloads of members that withdrew and had them deleted; those of a round that waits for its aggregate are needed until it is final.</summary>
    public IEnumerable<Digest> Erased => _closed.Values.Where(c => c.Round != AwaitingAggregate?.Round)
        .SelectMany(c => c.Contributions).Where(c => _erased.Contains(c.Member)).Select(c => c.Payload);

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

    /// <summary>The closed round whose aggregate is the model that the chain stands at; null when that is not remembered.</summary>
    public RoundClosed? ClosedToModel => LastFinal is { } final && final.Model == Model ? _closed.GetValueOrDefault(final.Round) : null;

    /// <summary>Forgets and returns rounds that recomputation no longer reaches back to.</summary>
    public IReadOnlyList<RoundClosed> Expire()
    {
        if (_finals.Count < keepRounds)
            return [];
        var expired = _closed.Values.Where(c => c.Round < _finals[^keepRounds]).ToArray();
        _finals.RemoveRange(0, _finals.Count - keepRounds);
        foreach (var closed in expired)
            _closed.Remove(closed.Round);
        return expired;
    }

    private void TakeOwn(Transaction transaction)
    {
        if (transaction.Kind == LearningTransactions.Attestation)
            OwnAttested = Canonical.Decode<Attestation>(transaction.Body).Round;
        else if (transaction.Kind == LearningTransactions.GateVote)
            Judged(Canonical.Decode<GateVote>(transaction.Body));
    }

    private void Judged(GateVote vote)
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
                _finals.Add(final.Round);
                break;
            case RoundAbandoned:
                AwaitingAggregate = null;
                break;
            case TrainingRestarted restarted:
                _finals.RemoveAll(round => round > restarted.FromRound);
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
}
