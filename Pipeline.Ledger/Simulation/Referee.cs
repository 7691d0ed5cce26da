using System.Numerics;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>Sees everything that honest members sign and decide, and says what breaks a rule.</summary>
/// <param name="byzantine">How many members are Byzantine: they are taken to have prevoted everything.</param>
internal sealed class Referee(int members, int byzantine)
{
    private readonly Dictionary<long, Digest> _decisions = [];
    private readonly Dictionary<(int Seat, long Height, int Round, StatementType Type), (Digest Id, int ValidRound)> _signed = [];
    private readonly Dictionary<(long Height, int Round, Digest Id), ulong> _prevotes = [];
    private readonly (long Height, int Round, Digest Id)[] _locks = new (long, int, Digest)[members];

    /// <summary>What was broken first.</summary>
    public (ViolationKind Kind, string What)? Violation { get; private set; }

    /// <summary>Heights decided by anybody honest.</summary>
    public int Decisions => _decisions.Count;

    public void Fail(ViolationKind kind, string what) => Violation ??= (kind, what);

    public void OnDecided(int seat, CommittedBlock block)
    {
        if (!_decisions.TryAdd(block.Height, block.Block.Id) && _decisions[block.Height] != block.Block.Id)
        {
            Fail(ViolationKind.Fork,
                $"height {block.Height}: seat {seat} decided {block.Block.Id.Short}, another {_decisions[block.Height].Short}");
        }
    }

    /// <param name="journal">Null where what is durable is not judged.</param>
    public void OnSent(int seat, ChainMessage message, IReadOnlyList<JournalRecord>? journal)
    {
        if (message is ChainMessage.Votes votes)
        {
            foreach (var vote in votes.Items)
            {
                if (vote.Seat != seat)
                    continue;
                if (journal is not null)
                    CheckDurable(journal, vote);
                OnSigned((seat, vote.Height, vote.Round, vote.Type), (vote.BlockId, -1));
            }
        }
        else if (message is ChainMessage.Propose { Proposal: var proposal })
        {
            if (journal is not null)
                CheckDurable(journal, seat, proposal);
            OnSigned((seat, proposal.Height, proposal.Round, StatementType.Proposal), (proposal.Block.Id, proposal.ValidRound));
        }
    }

    private void OnSigned((int Seat, long Height, int Round, StatementType Type) key, (Digest Id, int ValidRound) said)
    {
        if (!_signed.TryAdd(key, said))
        {
            if (_signed[key] != said)
                Fail(ViolationKind.Equivocation, $"seat {key.Seat} signed two {key.Type}s at height {key.Height}, round {key.Round}");
            return;
        }

        if (key.Type == StatementType.Precommit && !said.Id.IsZero)
            _locks[key.Seat] = (key.Height, key.Round, said.Id);
        else if (key.Type == StatementType.Prevote && !said.Id.IsZero)
            CheckLock(key.Seat, key.Height, key.Round, said.Id);
    }

    /// <summary>
    /// After a precommit for one block, a prevote for another needs a polka for it at that round or later (arXiv 1807.04938, lemma 5).
    /// </summary>
    private void CheckLock(int seat, long height, int round, Digest id)
    {
        _prevotes[(height, round, id)] = _prevotes.GetValueOrDefault((height, round, id)) | 1UL << seat;
        var (lockHeight, lockRound, lockId) = _locks[seat];
        if (lockHeight != height || lockId == id || lockRound >= round)
            return;
        int quorum = members - ((members - 1) / 3);
        for (int r = lockRound; r < round; r++)
        {
            if (BitOperations.PopCount(_prevotes.GetValueOrDefault((height, r, id))) + byzantine >= quorum)
                return;
        }

        Fail(ViolationKind.BrokenLock, $"seat {seat} left its lock of height {height}, round {lockRound} in round {round}");
    }

    /// <summary>The signature, the entry into its round, and with a precommit for a block the block, its polka and the lock.</summary>
    private void CheckDurable(IReadOnlyList<JournalRecord> journal, Vote vote)
    {
        bool block = false, polka = false, entry = vote.Round == 0;
        for (int i = StartOf(journal, vote.Height); i < journal.Count; i++)
        {
            switch (journal[i])
            {
                case JournalRecord.Entered entered:
                    entry |= entered.Round == vote.Round;
                    break;
                case JournalRecord.Stored stored:
                    block |= stored.Block.Id == vote.BlockId;
                    break;
                case JournalRecord.Locked { Polka: var lockedOn }:
                    polka |= lockedOn.Round == vote.Round && lockedOn.BlockId == vote.BlockId;
                    break;
                case JournalRecord.Voted { Vote: var voted } when voted.Type == vote.Type && voted.Round == vote.Round:
                    bool locks = vote.Type == StatementType.Precommit && !vote.BlockId.IsZero;
                    if (voted.BlockId == vote.BlockId && entry && (!locks || (block && polka)))
                        return;
                    break;
            }
        }

        Fail(ViolationKind.NotDurable,
            $"seat {vote.Seat} sent a {vote.Type} for {vote.BlockId.Short} of height {vote.Height}, round {vote.Round} ahead of its journal");
    }

    private void CheckDurable(IReadOnlyList<JournalRecord> journal, int seat, Proposal proposal)
    {
        bool block = false, entry = proposal.Round == 0;
        for (int i = StartOf(journal, proposal.Height); i < journal.Count; i++)
        {
            switch (journal[i])
            {
                case JournalRecord.Entered entered:
                    entry |= entered.Round == proposal.Round;
                    break;
                case JournalRecord.Stored stored:
                    block |= stored.Block.Id == proposal.Block.Id;
                    break;
                case JournalRecord.Proposed p when p.Round == proposal.Round:
                    if (p.BlockId == proposal.Block.Id && p.ValidRound == proposal.ValidRound && entry && block)
                        return;
                    break;
            }
        }

        Fail(ViolationKind.NotDurable,
            $"seat {seat} sent a proposal of height {proposal.Height}, round {proposal.Round} ahead of its journal");
    }

    /// <summary>Where the records of a height begin; past the end when the journal does not hold the decision below it.</summary>
    private static int StartOf(IReadOnlyList<JournalRecord> journal, long height)
    {
        if (height == 1)
            return 0;
        for (int i = journal.Count - 1; i >= 0; i--)
        {
            if (journal[i] is JournalRecord.Committed { Certificate.Height: var committed } && committed < height)
                return committed == height - 1 ? i + 1 : journal.Count;
        }

        return journal.Count;
    }
}
