using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>
/// A Byzantine member: signs different proposals and votes for different members, claims valid rounds, pretends locks, withholds, and
/// replays what it heard to whom it likes. It holds its own key alone.
/// </summary>
internal sealed class Adversary(Schedule schedule, int seat, Strategy strategy)
{
    private const int Remembered = 32;

    private static readonly Digest Stranger = Digest.Of([0]);

    private readonly SymbolicCrypto _crypto = new(seat);
    private readonly List<Block> _blocks = [];
    private readonly List<(Digest Id, QuorumCertificate Polka)> _polkas = [];
    private readonly List<ChainMessage> _heard = [];
    private readonly HashSet<(long, int)> _proposed = [];
    private readonly HashSet<(int, Digest)> _helped = [];
    private long _height;
    private int _made;

    public void Deliver(int from, ChainMessage message)
    {
        if (strategy == Strategy.Silent || (strategy == Strategy.Deserting && schedule.IsStable))
            return;
        if (message is ChainMessage.Status { Purpose: StatusKind.Question })
            LieAboutHeight(from);
        if (message is ChainMessage.Decided or ChainMessage.GetBlocks or ChainMessage.Blocks)
            return;
        if (message.Height > _height)
        {
            _height = message.Height;
            _blocks.Clear();
            _polkas.Clear();
            _heard.Clear();
            _helped.Clear();
        }

        if (message.Height != _height)
            return;
        if (_heard.Count < Remembered)
            _heard.Add(message);
        int round = Learn(message);
        var random = schedule.Random;
        if (strategy != Strategy.Splitting && (_height + round) % schedule.Members == seat && _blocks.Count > 0 && _proposed.Add((_height, round)))
            ProposeTwice(round, _blocks[0].Header.Parent);
        if ((_height + round + 1) % schedule.Members == seat && _blocks.Count > 0 && _proposed.Add((_height, round + 1)))
            ProposeTwice(round + 1, _blocks[0].Header.Parent);
        if (strategy == Strategy.Splitting)
            Split(message, round);
        else if (random.Chance(500))
            VoteTwoWays(random.Chance(800) ? round : round + 1);
        if (random.Chance(100))
            schedule.Send(seat, random.Below(schedule.Members), _heard[random.Below(_heard.Count)]);
    }

    /// <summary>Ahead by a height or many, or at the start: nobody may wait for blocks that do not exist, nor sign too early.</summary>
    private void LieAboutHeight(int to)
    {
        long height = schedule.Random.Below(3) switch { 0 => 1, 1 => _height + 1, _ => _height + 1000 };
        schedule.Send(seat, to, new ChainMessage.Status(height, 0, StatusKind.Answer, [], []));
    }

    private void Split(ChainMessage message, int round)
    {
        if (message is not ChainMessage.Propose { Proposal: var proposal })
            return;
        Support(round, proposal.Block.Id);
    }

    private void Support(int round, Digest id)
    {
        if (!_helped.Add((round, id)))
            return;
        var random = schedule.Random;
        schedule.Broadcast(seat, new ChainMessage.Votes([Vote(StatementType.Prevote, round, id)]));
        int chosen = random.Below(schedule.Members);
        for (int to = 0; to < schedule.Members; to++)
        {
            if (to == chosen || random.Chance(50))
                schedule.Send(seat, to, new ChainMessage.Votes([Vote(StatementType.Precommit, round, id)]));
            else if (random.Chance(700))
                schedule.Send(seat, to, new ChainMessage.Votes([Vote(StatementType.Precommit, round, Digest.Zero)]));
        }

        schedule.Coverage.Count(Reached.Equivocations);
    }

    private Vote Vote(StatementType type, int round, Digest id) =>
        new(type, _height, round, id, seat, _crypto.Sign(type, _height, round, id, -1));

    private int Learn(ChainMessage message)
    {
        switch (message)
        {
            case ChainMessage.Propose { Proposal: var proposal }:
                Remember(proposal.Block);
                if (proposal.Polka is { } proof)
                    RememberPolka(proof);
                return proposal.Round;
            case ChainMessage.Polka polka:
                RememberPolka(polka.Certificate);
                if (polka.Block is { } block)
                    Remember(block);
                return polka.Certificate.Round;
            case ChainMessage.Votes { Items.Count: > 0 } votes:
                return votes.Items[^1].Round;
            default:
                return 0;
        }
    }

    private void Remember(Block block)
    {
        if (_blocks.Count < 4 && !_blocks.Exists(b => b.Id == block.Id))
            _blocks.Add(block);
    }

    private void RememberPolka(QuorumCertificate polka)
    {
        if (_polkas.Count < 4)
            _polkas.Add((polka.BlockId, polka));
    }

    private void ProposeTwice(int round, Digest parent)
    {
        var random = schedule.Random;
        if (strategy == Strategy.Splitting)
        {
            var other = Fresh(parent);
            int valid = round > 0 && random.Chance(600) ? round - 1 : -1;
            schedule.Broadcast(seat, new ChainMessage.Propose(new Proposal(
                round, valid, other, null, _crypto.Sign(StatementType.Proposal, _height, round, other.Id, valid))));
            Support(round, other.Id);
            return;
        }

        var one = random.Chance(500) ? _blocks[random.Below(_blocks.Count)] : Fresh(parent);
        var two = random.Chance(300) ? _blocks[random.Below(_blocks.Count)] : Fresh(parent);
        Remember(one);
        Remember(two);
        for (int to = 0; to < schedule.Members; to++)
        {
            if (random.Chance(200))
                continue;
            var block = random.Chance(500) ? one : two;
            int claimed = round > 0 && random.Chance(500) ? random.Below(round) : -1;
            var polka = claimed < 0 ? null : _polkas.Find(p => p.Polka.Round == claimed).Polka;
            var signature = _crypto.Sign(StatementType.Proposal, _height, round, block.Id, claimed);
            schedule.Send(seat, to, new ChainMessage.Propose(new Proposal(round, claimed, block, polka, signature)));
        }
    }

    /// <summary>One in ten is not valid: it follows another block.</summary>
    private Block Fresh(Digest parent) =>
        SimulatedMember.MakeBlock(seat, _height, schedule.Random.Chance(100) ? Stranger : parent, 500_000 + ++_made);

    private void VoteTwoWays(int round)
    {
        var random = schedule.Random;
        var type = random.Chance(500) ? StatementType.Prevote : StatementType.Precommit;
        for (int to = 0; to < schedule.Members; to++)
        {
            if (random.Chance(200))
                continue;
            var id = _blocks.Count == 0 || random.Chance(200) ? Digest.Zero : _blocks[random.Below(_blocks.Count)].Id;
            schedule.Send(seat, to, new ChainMessage.Votes(
                [Vote(type, round, id)]));
        }

        schedule.Coverage.Count(Reached.Equivocations);
    }
}
