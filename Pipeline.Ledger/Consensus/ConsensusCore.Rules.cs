using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>The upon-rules of arXiv 1807.04938, algorithm 1, tried until none applies; and recovery.</summary>
public sealed partial class ConsensusCore
{
    private void Advance()
    {
        while (!_decided && Started && (TryDecide() || TrySkip() || TryPrevote() || TryPolka() || TryVoteTimeouts()))
        {
        }
    }

    /// <summary>Lines 49–54: n−f precommits of any round for a known block.</summary>
    private bool TryDecide()
    {
        if (_commitRound < 0)
            return false;
        var table = RoundOf(_commitRound).Precommits;
        if (table.QuorumId is not { } id || !_known.TryGetValue(id, out var known))
            return false;
        _decided = true;
        if (!IsValid(known))
        {
            _effects.Add(new ConsensusEffect.Diverged(Height, known.Fault!));
            return true;
        }

        var certificate = table.Certify(_epoch);
        var persist = new ConsensusEffect.Persist([.. StoreOnce(id), new JournalRecord.Committed(certificate)]);
        _effects.Add(persist);
        _effects.Add(new ConsensusEffect.Decide(new CommittedBlock(known.Block, certificate)));
        return true;
    }

    /// <summary>Lines 55–56, for the highest round that f+1 members have reached: at least one of them is honest.</summary>
    private bool TrySkip()
    {
        if (!_skipPossible)
            return false;
        _skipPossible = false;
        if (_rules.NoRoundSkip)
            return false;
        int target = 0;
        foreach (var candidate in _ahead)
        {
            if (candidate is null || candidate.Round <= Math.Max(Round, target))
                continue;
            int reached = 0;
            foreach (var other in _ahead)
            {
                if (other is not null && other.Round >= candidate.Round)
                    reached++;
            }

            if (reached >= _faulty + 1)
                target = candidate.Round;
        }

        if (target <= Round)
            return false;
        Skips++;
        StartRound(target, [.. _ahead.Where(v => v is not null && v.Round >= target).Select(v => v!)]);
        return true;
    }

    /// <summary>Lines 22–33.</summary>
    private bool TryPrevote()
    {
        if (IsHolding || Step != ConsensusStep.Propose || _current.Proposal is not { } proposal)
            return false;
        var known = Remember(proposal.Block);
        var id = proposal.Block.Id;
        bool free = proposal.ValidRound < 0
            ? _lockedRound < 0 || _lockedId == id
            : _lockedRound <= proposal.ValidRound || _lockedId == id;
        // A block that a quorum or this member stood behind before is judged no more by the clock, nor by who first made it.
        int proposer = ProposerOf(Height, Round);
        bool timely = proposal.ValidRound >= 0 || _lockedId == id || proposer == _seat ||
            (proposal.Block.Header.Proposer == proposer && _blocks.IsTimely(proposal.Block));
        Prevote((free || _rules.IgnoreLock) && timely && IsValid(known) ? id : Digest.Zero);
        return true;
    }

    /// <summary>Lines 36–46: a polka of the current round locks; n−f prevotes for nil precommit nil.</summary>
    private bool TryPolka()
    {
        if (IsHolding || Step == ConsensusStep.Propose || _current.PolkaHandled || _current.Prevotes.QuorumId is not { } id)
            return false;
        if (id.IsZero)
        {
            _current.PolkaHandled = true;
            if (Step != ConsensusStep.Prevote)
                return false;
            Precommit(Digest.Zero);
            return true;
        }

        if (!_known.TryGetValue(id, out var known) || !IsValid(known))
            return false;
        _current.PolkaHandled = true;
        UpdateValid(Round);
        if (Step != ConsensusStep.Prevote)
            return false;
        if (CanSign)
        {
            if (_lockedRound >= 0 && _lockedId != id)
                Relocks++;
            _lockedRound = Round;
            _lockedId = id;
        }

        Precommit(id);
        return true;
    }

    /// <summary>Lines 34 and 47: votes from a quorum, whatever they say, start the clock.</summary>
    private bool TryVoteTimeouts()
    {
        if (Step == ConsensusStep.Prevote && !_current.PrevoteTimeoutScheduled && _current.Prevotes.Count >= _quorum)
        {
            _current.PrevoteTimeoutScheduled = true;
            _effects.Add(new ConsensusEffect.ScheduleTimeout(Height, Round, ConsensusStep.Prevote));
        }

        if (!_current.PrecommitTimeoutScheduled && _current.Precommits.Count >= _quorum)
        {
            _current.PrecommitTimeoutScheduled = true;
            _effects.Add(new ConsensusEffect.ScheduleTimeout(Height, Round, ConsensusStep.Precommit));
        }

        return false;
    }

    /// <summary>
    /// Begins <paramref name="height"/> from what the journal holds of it: the own proposals, votes, lock and blocks. Nothing is signed
    /// twice, because every signature was a record before it left.
    /// </summary>
    public void Recover(long height, IReadOnlyList<JournalRecord> records, List<ConsensusEffect> effects)
    {
        Reset(height);
        _effects = effects;
        int round = -1;
        foreach (var record in records)
        {
            switch (record)
            {
                case JournalRecord.Stored stored:
                    Remember(stored.Block);
                    _stored.Add(stored.Block.Id);
                    break;
                case JournalRecord.Proposed p when !_rules.ForgetVotes:
                    RoundOf(p.Round).Proposal = new Proposal(p.Round, p.ValidRound, _known[p.BlockId].Block, p.Polka, p.Signature);
                    round = Math.Max(round, p.Round);
                    break;
                case JournalRecord.Voted { Vote: var vote } when !_rules.ForgetVotes:
                    RoundOf(vote.Round).Of(vote.Type).Add(vote);
                    round = Math.Max(round, vote.Round);
                    break;
                case JournalRecord.Entered entered:
                    _entryVotes = entered.Votes;
                    round = Math.Max(round, entered.Round);
                    break;
                case JournalRecord.Locked { Polka: var polka } when !_rules.ForgetLocks:
                    RoundOf(polka.Round).Prevotes.Accept(polka);
                    _lockedRound = _validRound = polka.Round;
                    _lockedId = _validId = polka.BlockId;
                    _newestPolka = polka;
                    break;
            }
        }

        if (round < 0)
            return;
        Round = round;
        _current = RoundOf(round);
        Started = true;
        Step = _seat < 0 ? ConsensusStep.Propose
            : _current.Precommits[_seat] is not null ? ConsensusStep.Precommit
            : _current.Prevotes[_seat] is not null ? ConsensusStep.Prevote
            : ConsensusStep.Propose;
        if (Step == ConsensusStep.Propose)
        {
            effects.Add(new ConsensusEffect.ScheduleTimeout(Height, round, ConsensusStep.Propose));
            AskForProposal();
        }

        Advance();
    }
}
