using System.Numerics;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>What comes from other members: attributed, bounded, verified once, recorded.</summary>
public sealed partial class ConsensusCore
{
    private void Dispatch(int from, ChainMessage message)
    {
        long height = message.Height;
        if (height == 0)
            return;
        NoticeForgotten(message);
        if (height < Height || (_decided && height == Height))
        {
            if (height < Height && _helped[from] < height)
            {
                _helped[from] = height;
                _effects.Add(new ConsensusEffect.Lagging(from, height));
            }

            return;
        }

        if (height > Height)
        {
            if (height == Height + 1 && message is not ChainMessage.Status && _bufferedBySeat[from] < BufferedPerSeat)
            {
                _bufferedBySeat[from]++;
                _next.Add((from, message));
            }

            _effects.Add(new ConsensusEffect.Behind(from, height));
            return;
        }

        switch (message)
        {
            case ChainMessage.Votes votes:
                foreach (var vote in votes.Items)
                    OnVote(vote);
                break;
            case ChainMessage.Propose propose:
                OnProposal(propose.Proposal);
                break;
            case ChainMessage.Polka polka:
                OnPolka(polka.Certificate, polka.Block);
                break;
            case ChainMessage.Decided decided:
                OnDecided(decided.Committed);
                break;
        }
    }

    private void OnProposal(Proposal proposal)
    {
        int round = proposal.Round;
        var block = proposal.Block;
        int proposer = ProposerOf(Height, round);
        if (round > Round + RoundWindow || proposal.ValidRound >= round || block.Header.Height != Height)
            return;
        var state = RoundOf(round);
        if (IsSame(state.Proposal, proposal) || IsSame(state.SecondProposal, proposal) || state.SecondProposal is not null)
            return;
        if (!_crypto.Verify(proposer, StatementType.Proposal, Height, round, block.Id, proposal.ValidRound, proposal.Signature))
            return;
        if (proposer == _seat)
        {
            // Ours, and not the one we know: either this journal lost it, or the key signs elsewhere.
            Mute(Height);
            return;
        }

        if (state.Proposal is { } first)
        {
            state.SecondProposal = proposal;
            Remember(block);
            Report(StatementType.Proposal, round, proposer,
                new ConflictingStatement(first.Block.Id, first.ValidRound, first.Signature),
                new ConflictingStatement(block.Id, proposal.ValidRound, proposal.Signature));
            return;
        }

        if (proposal.ValidRound >= 0 && !ProvesLock(proposal))
            return;
        state.Proposal = proposal;
        Remember(block);
        UpdateValid(round);
        // Later rounds have other proposers; one member must not be able to start every height.
        if (round == 0)
            EnsureStarted();
    }

    private static bool IsSame(Proposal? known, Proposal proposal) =>
        known is not null && known.ValidRound == proposal.ValidRound && known.Block.Id == proposal.Block.Id;

    private bool ProvesLock(Proposal proposal)
    {
        if (_rules.TrustValidRound)
            return true;
        if (proposal.Polka is not { } polka)
            return _rules.NoPolkaCertificates && RoundOf(proposal.ValidRound).Prevotes.QuorumId == proposal.Block.Id;
        if (polka.Round != proposal.ValidRound || polka.BlockId != proposal.Block.Id || !Verify(polka, StatementType.Prevote))
            return false;
        Remember(proposal.Block);
        Accept(polka);
        return true;
    }

    private void OnVote(Vote vote)
    {
        if (vote.Height != Height || vote.Seat >= _members || vote.Type is not (StatementType.Prevote or StatementType.Precommit))
            return;
        if (_rounds.TryGetValue(vote.Round, out var state) && state.Of(vote.Type)[vote.Seat] is { } known)
        {
            if (known.BlockId != vote.BlockId && !_reported.Contains((vote.Type, vote.Round, vote.Seat)) && Verify(vote))
                OnConflict(known, vote);
            return;
        }

        if (vote.Round > Round + RoundWindow && _ahead[vote.Seat] is { } ahead && ahead.Round >= vote.Round)
            return;
        if (Verify(vote))
            Record(vote);
    }

    private void OnConflict(Vote known, Vote vote)
    {
        if (vote.Seat == _seat)
        {
            Mute(Height);
            return;
        }

        Report(vote.Type, vote.Round, vote.Seat,
            new ConflictingStatement(known.BlockId, -1, known.Signature), new ConflictingStatement(vote.BlockId, -1, vote.Signature));
    }

    /// <summary>Takes a verified vote into the tables.</summary>
    private void Record(Vote vote)
    {
        if (vote.Seat == _seat)
        {
            // Every own vote is in the journal before it leaves, so one that only others know was forgotten here.
            Mute(Height);
        }

        // f members alone cannot make an idle chain work.
        _spoken |= 1UL << vote.Seat;
        if (BitOperations.PopCount(_spoken) > _faulty)
            EnsureStarted();
        if (vote.Round > Round && vote.Seat != _seat && (_ahead[vote.Seat] is not { } ahead || ahead.Round < vote.Round))
        {
            _ahead[vote.Seat] = vote;
            _skipPossible = true;
        }

        if (vote.Round <= Round + RoundWindow)
            AddToTable(vote);
    }

    private void AddToTable(Vote vote)
    {
        var table = RoundOf(vote.Round).Of(vote.Type);
        if (table[vote.Seat] is not null || !table.Add(vote))
            return;
        if (vote.Type == StatementType.Precommit)
            NoteCommit(vote.Round, vote.BlockId);
        else
            UpdateValid(vote.Round);
    }

    private void NoteCommit(int round, Digest id)
    {
        if (!id.IsZero)
            _commitRound = round;
    }

    /// <summary>A polka with a known valid block, of whatever round, is the newest value to propose (arXiv 1807.04938, lines 36–43).</summary>
    private void UpdateValid(int round)
    {
        if (!_rounds.TryGetValue(round, out var state) || state.Prevotes.QuorumId is not { } id || id.IsZero)
            return;
        if (_newestPolka is null || round > _newestPolka.Round)
            _newestPolka = state.Prevotes.Certify(_epoch);
        // Nobody honest prevotes what the proposer did not sign: this journal lost the own proposal.
        if (state.Proposal is null && ProposerOf(Height, round) == _seat)
            Mute(Height);
        if (round > _validRound && round <= Round && _known.TryGetValue(id, out var known) && IsValid(known))
        {
            _validRound = round;
            _validId = id;
        }
    }

    private void OnPolka(QuorumCertificate polka, Block? block)
    {
        if (_newestPolka is { } newest && newest.Round == polka.Round && newest.BlockId == polka.BlockId &&
            (block is null || _known.ContainsKey(polka.BlockId)))
        {
            return;
        }

        if (polka.BlockId.IsZero || !Verify(polka, StatementType.Prevote))
            return;
        if (block is not null && block.Id == polka.BlockId)
            Remember(block);
        Accept(polka);
    }

    /// <summary>Takes a verified certificate: its votes count, and the quorum holds whatever votes arrived directly.</summary>
    private void Accept(QuorumCertificate certificate)
    {
        EnsureStarted();
        int next = 0;
        for (int seat = 0; seat < _members; seat++)
        {
            if ((certificate.Signers >> seat & 1) == 0)
                continue;
            var signature = certificate.Signatures[next++];
            var vote = new Vote(certificate.Type, certificate.Height, certificate.Round, certificate.BlockId, seat, signature);
            if (!_rounds.TryGetValue(certificate.Round, out var state) || state.Of(certificate.Type)[seat] is not { } known)
                Record(vote);
            else if (known.BlockId != vote.BlockId)
                OnConflict(known, vote);
        }

        RoundOf(certificate.Round).Of(certificate.Type).Accept(certificate);
        if (certificate.Type == StatementType.Precommit)
            NoteCommit(certificate.Round, certificate.BlockId);
        else
            UpdateValid(certificate.Round);
    }

    private void OnDecided(CommittedBlock committed)
    {
        var certificate = committed.Certificate;
        if (certificate.Height != Height || certificate.BlockId != committed.Block.Id || certificate.BlockId.IsZero ||
            !Verify(certificate, StatementType.Precommit))
        {
            return;
        }

        Remember(committed.Block);
        Accept(certificate);
    }

    private bool Verify(Vote vote) =>
        _crypto.Verify(vote.Seat, vote.Type, vote.Height, vote.Round, vote.BlockId, -1, vote.Signature);

    /// <summary>A quorum of seats signed; signatures already verified as votes are not verified again.</summary>
    private bool Verify(QuorumCertificate certificate, StatementType type)
    {
        int signers = BitOperations.PopCount(certificate.Signers);
        if (certificate.Type != type || certificate.Height != Height || certificate.Epoch != _epoch || certificate.Round < 0 ||
            signers != certificate.Signatures.Count || signers < _quorum || (_members < 64 && certificate.Signers >> _members != 0))
        {
            return false;
        }

        _rounds.TryGetValue(certificate.Round, out var state);
        int next = 0;
        for (int seat = 0; seat < _members; seat++)
        {
            if ((certificate.Signers >> seat & 1) == 0)
                continue;
            var signature = certificate.Signatures[next++];
            if (state?.Of(type)[seat] is { } known && known.BlockId == certificate.BlockId &&
                (ReferenceEquals(known.Signature, signature) || known.Signature.AsSpan().SequenceEqual(signature)))
            {
                continue;
            }

            if (!_crypto.Verify(seat, type, Height, certificate.Round, certificate.BlockId, -1, signature))
                return false;
        }

        return true;
    }

    private void Report(StatementType type, int round, int seat, ConflictingStatement first, ConflictingStatement second)
    {
        if (_reported.Add((type, round, seat)))
            _effects.Add(new ConsensusEffect.EvidenceFound(Equivocation.Of(type, _epoch, Height, round, seat, first, second)));
    }
}
