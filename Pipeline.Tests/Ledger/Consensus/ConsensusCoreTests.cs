using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>The core by hand: seat 0 of four at height 4, so that it proposes in round 0 itself.</summary>
public sealed class ConsensusCoreTests : IBlockRules
{
    private static readonly Digest Chain = Digest.Of([1]);
    private static readonly Ed25519Signer[] Keys = [.. Enumerable.Range(1, 4).Select(i => Ed25519Signer.FromSeed([.. Enumerable.Repeat((byte)i, 32)]))];
    private static readonly MemberSet Members = new([.. Keys.Select((k, i) => new Member($"m{i}", k.PublicKey))]);

    private readonly List<ConsensusEffect> _effects = [];
    private bool _timely = true;

    public string? Validate(Block block) => block.Header.Time == 13 ? "unlucky" : null;

    public bool IsTimely(Block block) => _timely;

    [Fact]
    public void Everything_that_leaves_was_persisted_before()
    {
        var core = Core(4);
        core.Start(_effects);
        core.ProposalReady(4, 0, BlockAt(4, 0, 1), _effects);
        foreach (int seat in (int[])[1, 2])
            core.Receive(seat, Votes(StatementType.Prevote, 4, 0, BlockAt(4, 0, 1).Id, seat), _effects);

        Assert.Equal(
            ["Proposed", "Propose", "Prevote", "Votes", "Locked", "Precommit", "Votes"],
            _effects.SelectMany(Names));
    }

    [Fact]
    public void A_quorum_of_precommits_decides_with_a_certificate_that_verifies()
    {
        var core = Core(4);
        var block = BlockAt(4, 0, 1);
        core.Start(_effects);
        core.ProposalReady(4, 0, block, _effects);
        foreach (int seat in (int[])[1, 2, 3])
            core.Receive(seat, Votes(StatementType.Precommit, 4, 0, block.Id, seat), _effects);

        var decided = Assert.Single(_effects.OfType<ConsensusEffect.Decide>());
        Assert.Equal(block.Id, decided.Block.Block.Id);
        Assert.Null(decided.Block.Certificate.Verify(Chain, Members, new Ed25519Verifier()));
        Assert.IsType<ConsensusEffect.Persist>(_effects[^2]);
    }

    [Fact]
    public void Recovery_repeats_the_same_vote_and_never_signs_another()
    {
        var core = Core(5);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        var records = Records();
        var first = Assert.Single(OwnVotes());
        _effects.Clear();

        var again = Create();
        again.Recover(5, records, _effects);
        again.Receive(1, Propose(5, 0, BlockAt(5, 1, 2), 1), _effects);
        again.TimeoutElapsed(5, 0, ConsensusStep.Propose, _effects);
        Assert.Empty(Records());
        again.Tick(_effects);

        Assert.Equal(first.BlockId, Assert.Single(OwnVotes()).BlockId);
    }

    [Fact]
    public void A_lock_survives_the_restart_and_only_a_newer_polka_releases_it()
    {
        var core = Core(5);
        var locked = BlockAt(5, 1, 1);
        core.Receive(1, Propose(5, 0, locked, 1), _effects);
        foreach (int seat in (int[])[1, 2])
            core.Receive(seat, Votes(StatementType.Prevote, 5, 0, locked.Id, seat), _effects);
        Assert.Contains(Records(), r => r is JournalRecord.Locked);

        var again = Create();
        var records = Records();
        _effects.Clear();
        again.Recover(5, records, _effects);
        foreach (int seat in (int[])[1, 2, 3])
            again.Receive(seat, Votes(StatementType.Precommit, 5, 0, Digest.Zero, seat), _effects);
        again.TimeoutElapsed(5, 0, ConsensusStep.Precommit, _effects);
        Assert.Equal(1, again.Round);
        again.Receive(2, Propose(5, 1, BlockAt(5, 2, 2), 2), _effects);
        Assert.Equal(Digest.Zero, OwnVotes().Single(v => v is { Type: StatementType.Prevote, Round: 1 }).BlockId);
        Assert.Contains(Records(), r => r is JournalRecord.Entered { Round: 1, Votes.Count: 4 });

        // Round 2: another block that had a polka in round 1, later than the lock.
        var other = BlockAt(5, 2, 2);
        var polka = Certificate(StatementType.Prevote, 5, 1, other.Id, 1, 2, 3);
        foreach (int seat in (int[])[1, 2])
            again.Receive(seat, Votes(StatementType.Prevote, 5, 2, other.Id, seat), _effects);
        again.Receive(3, Propose(5, 2, other, 3, 1, polka), _effects);
        Assert.Equal(other.Id, OwnVotes().Single(v => v is { Type: StatementType.Prevote, Round: 2 }).BlockId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_claimed_valid_round_needs_a_polka_of_a_quorum(bool enough)
    {
        var core = Core(5);
        foreach (int seat in (int[])[1, 2])
            core.Receive(seat, Votes(StatementType.Prevote, 5, 1, Digest.Zero, seat), _effects);
        Assert.Equal(1, core.Round);
        var block = BlockAt(5, 1, 1);
        var polka = enough
            ? Certificate(StatementType.Prevote, 5, 0, block.Id, 1, 2, 3)
            : Certificate(StatementType.Prevote, 5, 0, block.Id, 1, 2);

        core.Receive(2, Propose(5, 1, block, 2, 0, polka), _effects);

        Assert.Equal(enough ? 1 : 0, OwnVotes().Count());
    }

    [Fact]
    public void An_invalid_or_untimely_or_foreign_proposal_is_prevoted_nil()
    {
        Assert.Equal(Digest.Zero, PrevoteOn(BlockAt(5, 1, 13)));
        Assert.Equal(Digest.Zero, PrevoteOn(BlockAt(5, 2, 1)));
        Assert.NotEqual(Digest.Zero, PrevoteOn(BlockAt(5, 1, 1)));
        _timely = false;
        Assert.Equal(Digest.Zero, PrevoteOn(BlockAt(5, 1, 1)));
    }

    [Fact]
    public void A_proposal_of_another_than_the_proposer_and_a_forged_vote_are_dropped()
    {
        var core = Core(5);
        core.Receive(2, Propose(5, 0, BlockAt(5, 1, 1), 2), _effects);
        var vote = ((ChainMessage.Votes)Votes(StatementType.Prevote, 5, 0, Digest.Zero, 1)).Items[0];
        core.Receive(2, new ChainMessage.Votes([vote with { Seat = 2 }, vote with { Seat = 60 }, vote with { Round = 9 }]), _effects);

        Assert.Empty(_effects);
        Assert.False(core.Started);
    }

    [Fact]
    public void Two_votes_of_one_member_are_evidence_that_verifies()
    {
        var core = Core(5);
        core.Receive(1, Votes(StatementType.Prevote, 5, 0, Digest.Zero, 1), _effects);
        core.Receive(2, Votes(StatementType.Prevote, 5, 0, Digest.Of([7]), 1), _effects);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 2), 1), _effects);

        var evidence = _effects.OfType<ConsensusEffect.EvidenceFound>().Select(e => e.Evidence).ToArray();
        Assert.Equal([StatementType.Prevote, StatementType.Proposal], evidence.Select(e => e.Type));
        Assert.All(evidence, e => Assert.Null(e.Verify(Chain, Members, new Ed25519Verifier())));
        Assert.NotNull((evidence[0] with { Seat = 2 }).Verify(Chain, Members, new Ed25519Verifier()));
        Assert.NotNull((evidence[0] with { Second = evidence[0].First }).Verify(Chain, Members, new Ed25519Verifier()));
    }

    [Fact]
    public void A_replica_that_learns_of_its_own_forgotten_vote_signs_nothing_at_that_height()
    {
        var core = Core(5);
        var forgotten = ((ChainMessage.Votes)Votes(StatementType.Prevote, 5, 0, Digest.Of([7]), 0)).Items[0];
        core.Receive(2, new ChainMessage.Status(5, 0, StatusKind.Answer, [forgotten], []), _effects);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        core.TimeoutElapsed(5, 0, ConsensusStep.Propose, _effects);

        Assert.Equal(5, Assert.Single(_effects.OfType<ConsensusEffect.AmnesiaFound>()).Height);
        Assert.False(core.CanSign);
        Assert.Empty(Records());
        core.Begin(6, _effects);
        Assert.True(core.CanSign);
    }

    [Theory]
    [InlineData("a vote of this height, from one a height below")]
    [InlineData("a vote of the next height")]
    [InlineData("a proposal of this height")]
    [InlineData("a proposal of the next height")]
    [InlineData("a polka for an own proposal")]
    [InlineData("another vote in a certificate")]
    public void Whatever_shows_a_forgotten_signature_silences_the_replica(string how)
    {
        // Seat 0 proposes in round 3 of height 5 and in round 2 of height 6.
        var id = Digest.Of([7]);
        var core = Core(5);
        ChainMessage message = how switch
        {
            "a vote of this height, from one a height below" => new ChainMessage.Status(4, 0, StatusKind.Answer, Items(Votes(StatementType.Prevote, 5, 0, id, 0)), []),
            "a vote of the next height" => new ChainMessage.Status(5, 0, StatusKind.Answer, Items(Votes(StatementType.Precommit, 6, 0, id, 0)), []),
            "a proposal of this height" => new ChainMessage.Status(5, 0, StatusKind.Answer, [], [Signed(5, 3, id)]),
            "a proposal of the next height" => new ChainMessage.Status(6, 0, StatusKind.Answer, [], [Signed(6, 2, id)]),
            "a polka for an own proposal" => new ChainMessage.Polka(Certificate(StatementType.Prevote, 5, 3, BlockAt(5, 0, 1).Id, 1, 2, 3), BlockAt(5, 0, 1)),
            _ => new ChainMessage.Polka(Certificate(StatementType.Prevote, 5, 0, id, 0, 1, 2), null),
        };
        if (how == "another vote in a certificate")
            core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        _effects.Clear();

        core.Receive(2, message, _effects);

        long muted = Assert.Single(_effects.OfType<ConsensusEffect.AmnesiaFound>()).Height;
        Assert.Equal(how.Contains("next", StringComparison.Ordinal) ? 6 : 5, muted);
        _effects.Clear();
        core.Begin(muted, _effects);
        core.Receive((int)((muted + 0) % 4), Propose(muted, 0, BlockAt(muted, (int)(muted % 4), 1), (int)(muted % 4)), _effects);
        core.TimeoutElapsed(muted, 0, ConsensusStep.Propose, _effects);
        Assert.Empty(OwnVotes());
        core.Begin(muted + 1, _effects);
        Assert.True(core.CanSign);
    }

    [Fact]
    public void A_whole_journal_is_not_taken_for_an_old_copy()
    {
        var core = Core(4);
        core.Start(_effects);
        core.ProposalReady(4, 0, BlockAt(4, 0, 1), _effects);
        var records = Records();
        var own = OwnVotes().ToList();
        var again = Create();
        again.Recover(4, records, _effects);
        _effects.Clear();

        again.Receive(2, new ChainMessage.Status(4, 0, StatusKind.Answer, own, [Signed(4, 0, BlockAt(4, 0, 1).Id)]), _effects);
        again.Receive(2, new ChainMessage.Polka(Certificate(StatementType.Prevote, 4, 0, BlockAt(4, 0, 1).Id, 0, 1, 2), null), _effects);

        Assert.Empty(_effects.OfType<ConsensusEffect.AmnesiaFound>());
        Assert.Equal(StatementType.Precommit, Assert.Single(OwnVotes()).Type);
    }

    [Fact]
    public void A_member_that_asks_hears_its_newest_signatures_of_this_height_and_the_next()
    {
        var core = Core(5);
        var id = Digest.Of([7]);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        core.Receive(1, Votes(StatementType.Prevote, 5, 0, id, 1), _effects);
        core.Receive(1, Votes(StatementType.Precommit, 5, 9, id, 1), _effects);
        core.Receive(1, Votes(StatementType.Prevote, 6, 0, id, 1), _effects);
        core.Receive(1, Votes(StatementType.Prevote, 6, 1, Digest.Zero, 1), _effects);
        core.Receive(1, Propose(6, 3, BlockAt(6, 1, 1), 1), _effects);

        var status = core.StatusFor(1);

        Assert.Equal((5, StatusKind.Answer), (status.At, status.Purpose));
        Assert.Equal(
            [(5L, 0, StatementType.Prevote), (5, 9, StatementType.Precommit), (6, 1, StatementType.Prevote)],
            status.Yours.Select(v => (v.Height, v.Round, v.Type)).Order());
        Assert.Equal([(5L, 0), (6, 3)], status.YourProposals.Select(p => (p.Height, p.Round)));
        Assert.Empty(core.StatusFor(2).Yours);
        Assert.Empty(core.StatusFor(-1).Yours);
    }

    [Fact]
    public void The_entry_into_a_round_is_durable_before_anything_is_said_there_and_survives_a_restart()
    {
        var core = Core(5);
        foreach (int seat in (int[])[1, 2])
            core.Receive(seat, Votes(StatementType.Prevote, 5, 3, Digest.Zero, seat), _effects);
        Assert.Equal(3, core.Round);
        var entered = Assert.IsType<JournalRecord.Entered>(Assert.Single(Records()));
        Assert.Equal((5L, 3, 2), (entered.Height, entered.Round, entered.Votes.Count));
        Assert.IsType<ConsensusEffect.RequestProposal>(_effects[^1]);
        _effects.Clear();

        // The proposer of that round, which seat 0 is, has its proposal still to make.
        var again = Create();
        again.Recover(5, [entered], _effects);
        Assert.Equal((3, ConsensusStep.Propose), (again.Round, again.Step));
        Assert.Contains(new ConsensusEffect.RequestProposal(5, 3), _effects);
        _effects.Clear();
        again.Tick(_effects);
        Assert.Equal(2, _effects.OfType<ConsensusEffect.Broadcast>().Select(b => b.Message).OfType<ChainMessage.Votes>().Single().Items.Count);
    }

    [Fact]
    public void One_faulty_member_cannot_start_a_height_out_of_turn()
    {
        var core = Core(5);
        core.Receive(2, Votes(StatementType.Prevote, 5, 0, Digest.Zero, 2), _effects);
        core.Receive(2, Votes(StatementType.Precommit, 5, 7, Digest.Zero, 2), _effects);
        core.Receive(2, Propose(5, 1, BlockAt(5, 2, 1), 2), _effects);
        Assert.False(core.Started);
        Assert.Empty(_effects);

        core.Receive(3, Votes(StatementType.Prevote, 5, 0, Digest.Zero, 3), _effects);

        Assert.True(core.Started);
    }

    [Fact]
    public void A_vote_that_contradicts_one_in_a_certificate_is_evidence()
    {
        var core = Core(5);
        core.Receive(3, Votes(StatementType.Prevote, 5, 0, Digest.Zero, 3), _effects);
        core.Receive(1, new ChainMessage.Polka(Certificate(StatementType.Prevote, 5, 0, BlockAt(5, 1, 1).Id, 1, 2, 3), null), _effects);

        var evidence = Assert.Single(_effects.OfType<ConsensusEffect.EvidenceFound>()).Evidence;
        Assert.Equal((3, StatementType.Prevote), (evidence.Seat, evidence.Type));
        Assert.Null(evidence.Verify(Chain, Members, new Ed25519Verifier()));
    }

    [Fact]
    public void A_syncing_replica_follows_and_does_not_sign()
    {
        var core = Core(5);
        core.SetSigning(false, _effects);
        core.Receive(1, Propose(5, 0, BlockAt(5, 1, 1), 1), _effects);
        Assert.Empty(Records());

        core.SetSigning(true, _effects);

        Assert.Equal(BlockAt(5, 1, 1).Id, Assert.Single(OwnVotes()).BlockId);
    }

    [Fact]
    public void Messages_of_the_next_height_wait_for_it()
    {
        var core = Core(5);
        core.Receive(2, Propose(6, 0, BlockAt(6, 2, 1), 2), _effects);
        Assert.Equal(6, Assert.Single(_effects.OfType<ConsensusEffect.Behind>()).Height);
        Assert.Empty(OwnVotes());

        core.Begin(6, _effects);

        Assert.Equal(BlockAt(6, 2, 1).Id, Assert.Single(OwnVotes()).BlockId);
    }

    private Digest PrevoteOn(Block block)
    {
        _effects.Clear();
        Core(5).Receive(1, Propose(5, 0, block, 1), _effects);
        return Assert.Single(OwnVotes()).BlockId;
    }

    private ConsensusCore Create() => ConsensusCore.Create(Chain, 0, Members, 0, Keys[0], new Ed25519Verifier(), this);

    private ConsensusCore Core(long height)
    {
        var core = Create();
        core.Begin(height, _effects);
        return core;
    }

    private JournalRecord[] Records() => [.. _effects.OfType<ConsensusEffect.Persist>().SelectMany(p => p.Records)];

    private IEnumerable<Vote> OwnVotes() => _effects.OfType<ConsensusEffect.Broadcast>().Select(b => b.Message)
        .OfType<ChainMessage.Votes>().SelectMany(v => v.Items).Where(v => v.Seat == 0);

    private static IEnumerable<string> Names(ConsensusEffect effect) => effect switch
    {
        ConsensusEffect.Persist persist => persist.Records.Where(r => r is not JournalRecord.Stored)
            .Select(r => r is JournalRecord.Voted v ? v.Vote.Type.ToString() : r.GetType().Name),
        ConsensusEffect.Broadcast broadcast => [broadcast.Message.GetType().Name],
        _ => [],
    };

    private static Block BlockAt(long height, int proposer, long time) => new(
        new BlockHeader(1, Chain, 0, height, time, default, default, default, default, default, default, default, default, proposer), [], []);

    private static ChainMessage.Propose Propose(
        long height, int round, Block block, int proposer, int validRound = -1, QuorumCertificate? polka = null) =>
        new(new Proposal(round, validRound, block, polka, Keys[proposer].Sign(
            SignedStatement.Bytes(StatementType.Proposal, Chain, 0, height, round, block.Id, validRound))));

    private static ChainMessage.Votes Votes(StatementType type, long height, int round, Digest id, int seat) =>
        new([new Vote(type, height, round, id, seat, Sign(type, height, round, id, seat))]);

    private static IReadOnlyList<Vote> Items(ChainMessage message) => ((ChainMessage.Votes)message).Items;

    /// <summary>A proposal of seat 0.</summary>
    private static ProposalStatement Signed(long height, int round, Digest id) => new(height, round, -1, id, Sign(StatementType.Proposal, height, round, id, 0));

    private static byte[] Sign(StatementType type, long height, int round, Digest id, int seat) =>
        Keys[seat].Sign(SignedStatement.Bytes(type, Chain, 0, height, round, id));

    private static QuorumCertificate Certificate(StatementType type, long height, int round, Digest id, params int[] seats) => new(
        type, 0, height, round, id, seats.Aggregate(0UL, (m, s) => m | 1UL << s), [.. seats.Select(s => Sign(type, height, round, id, s))]);
}
