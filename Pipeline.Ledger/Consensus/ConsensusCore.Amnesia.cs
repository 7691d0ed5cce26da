using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// A journal restored from an old copy has forgotten signatures. Members tell each other what they hold; who learns of one that its journal
/// does not hold signs nothing at that height. What only silent members hold nobody can tell.
/// </summary>
public sealed partial class ConsensusCore
{
    /// <summary>
    /// The answer to a member that asks where others stand: the newest signatures of it that this replica holds tell whether its journal is
    /// whole.
    /// </summary>
    public ChainMessage.Status StatusFor(int seat)
    {
        if (seat < 0 || seat >= _members)
            return new ChainMessage.Status(Height, Round, StatusKind.Answer, [], []);
        var votes = new List<Vote>(ChainMessage.Status.MaxYours);
        foreach (var type in (ReadOnlySpan<StatementType>)[StatementType.Prevote, StatementType.Precommit])
        {
            AddIfAny(votes, Newest(VotesOf(seat, type)));
            AddIfAny(votes, Newest(EarlyMessages(seat).OfType<ChainMessage.Votes>().SelectMany(m => m.Items)
                .Where(v => v.Seat == seat && v.Type == type && v.Height == Height + 1)));
        }

        var proposals = new List<ProposalStatement>(ChainMessage.Status.MaxProposals);
        var own = _rounds.Values.Select(s => s.Proposal).OfType<Proposal>().Where(p => ProposerOf(Height, p.Round) == seat);
        var early = EarlyMessages(seat).OfType<ChainMessage.Propose>().Select(m => m.Proposal);
        if (own.MaxBy(p => p.Round) is { } newest)
            proposals.Add(newest.Statement);
        if (early.MaxBy(p => p.Round) is { } next)
            proposals.Add(next.Statement);
        return new ChainMessage.Status(Height, Round, StatusKind.Answer, votes, proposals);
    }

    private IEnumerable<Vote> VotesOf(int seat, StatementType type)
    {
        foreach (var state in _rounds.Values)
        {
            if (state.Of(type)[seat] is { } vote)
                yield return vote;
        }

        if (_ahead[seat] is { } ahead && ahead.Type == type)
            yield return ahead;
    }

    private IEnumerable<ChainMessage> EarlyMessages(int from) => _next.Where(m => m.From == from).Select(m => m.Message);

    private static Vote? Newest(IEnumerable<Vote> votes) => votes.MaxBy(v => v.Round);

    /// <summary>Own signatures that this journal does not hold show that it was rolled back, or that the key signs elsewhere.</summary>
    private void NoticeForgotten(ChainMessage message)
    {
        switch (message)
        {
            case ChainMessage.Votes votes when votes.Height > Height:
                NoticeForgotten(votes.Items);
                break;
            case ChainMessage.Status { Yours: var yours, YourProposals: var proposals }:
                NoticeForgotten(yours);
                foreach (var proposal in proposals)
                {
                    if (IsForgotten(proposal))
                        Mute(proposal.Height);
                }

                break;
        }
    }

    private void NoticeForgotten(IReadOnlyList<Vote> votes)
    {
        foreach (var vote in votes)
        {
            if (vote.Seat != _seat)
                continue;
            if (vote.Height == Height)
                OnVote(vote);
            else if (vote.Height > Height && vote.Height > _mutedThrough && Verify(vote))
                Mute(vote.Height);
        }
    }

    private bool IsForgotten(ProposalStatement proposal)
    {
        if (proposal.Height < Height || proposal.Height <= _mutedThrough || ProposerOf(proposal.Height, proposal.Round) != _seat)
            return false;
        bool known = proposal.Height == Height && _rounds.TryGetValue(proposal.Round, out var state) &&
            state.Proposal is { } own && own.ValidRound == proposal.ValidRound && own.Block.Id == proposal.BlockId;
        return !known && _crypto.Verify(
            _seat, StatementType.Proposal, proposal.Height, proposal.Round, proposal.BlockId, proposal.ValidRound, proposal.Signature);
    }

    private void Mute(long height)
    {
        if (height <= _mutedThrough || _rules.IgnoreAmnesia)
            return;
        _mutedThrough = height;
        _effects.Add(new ConsensusEffect.AmnesiaFound(height));
    }
}
