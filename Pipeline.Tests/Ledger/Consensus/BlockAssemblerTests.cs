using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>What a block must be: built by one member, judged by another with a clock of its own.</summary>
public sealed class BlockAssemblerTests : IDisposable
{
    private const int Drift = 30_000;

    private readonly Ed25519Signer[] _signers =
        [.. Enumerable.Range(1, 4).Select(i => Ed25519Signer.FromSeed([.. Enumerable.Repeat((byte)i, 32)]))];

    private readonly Genesis _genesis;
    private readonly Side _proposer;
    private readonly Side _other;

    public BlockAssemblerTests()
    {
        var members = new MemberSet([.. _signers.Select((s, i) => new Member($"hospital-{i}", s.PublicKey))]);
        _genesis = new Genesis(1, "counter", 1_700_000_000_000, members, new ConsensusParameters(4, 10_000, Drift), []);
        _proposer = new Side(_genesis);
        _other = new Side(_genesis);
    }

    public void Dispose()
    {
        foreach (var signer in _signers)
            signer.Dispose();
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(Drift, true)]
    [InlineData(-Drift, true)]
    [InlineData(Drift + 1, false)]
    [InlineData(-Drift - 1, false)]
    public void A_fresh_blocks_time_lies_within_a_window_around_the_own_clock(int ahead, bool timely)
    {
        _proposer.Clock += Drift + 1 + ahead;
        _other.Clock += Drift + 1;

        var block = _proposer.Assembler.Build(1);

        Assert.Equal(_proposer.Clock, block.Header.Time);
        Assert.Equal(timely, _other.Assembler.IsTimely(block));
        // The clock is a matter of opinion, validity is not.
        Assert.Null(_other.Assembler.Validate(block));
    }

    [Fact]
    public void Time_only_moves_forward_even_where_a_clock_does_not()
    {
        var first = Next();
        _proposer.Clock -= 1_000_000;
        var second = _proposer.Assembler.Build(2);
        Assert.Equal(first.Header.Time + 1, second.Header.Time);
        Assert.Null(_other.Assembler.Validate(second));
        Assert.NotNull(_other.Assembler.Validate(second with { Header = second.Header with { Time = first.Header.Time } }));
        Assert.NotNull(_other.Assembler.Validate(second with { Header = second.Header with { Time = 5 } }));
    }

    [Fact]
    public void A_header_that_differs_in_any_bound_field_is_invalid()
    {
        Next();
        var good = _proposer.Assembler.Build(2);
        var bad = Digest.Of([9]);
        BlockHeader[] wrong =
        [
            good.Header with { Version = 2 }, good.Header with { ChainId = bad }, good.Header with { Epoch = 1 }, good.Header with { Height = 3 },
            good.Header with { Parent = bad }, good.Header with { TransactionsRoot = bad }, good.Header with { OutboxRoot = bad },
            good.Header with { StateRoot = bad }, good.Header with { EvidenceRoot = bad }, good.Header with { MembersHash = bad },
            good.Header with { NextMembersHash = bad }, good.Header with { ParametersHash = bad }, good.Header with { Proposer = 4 },
        ];

        Assert.Null(_other.Assembler.Validate(good));
        Assert.All(wrong, header => Assert.NotNull(_other.Assembler.Validate(good with { Header = header })));
    }

    [Fact]
    public void Transactions_are_in_the_chain_once_signed_by_their_member_and_bounded()
    {
        var transaction = Transaction.Create(_genesis.ChainId, 1, "hospital-2", 1, [1], _signers[2]);
        _proposer.Mempool.Add(transaction, own: true);
        var block = _proposer.Assembler.Build(1);
        Assert.Equal([transaction.Id], block.Transactions.Select(t => t.Id));
        Assert.Null(_other.Assembler.Validate(block));
        Assert.Contains("in the chain already", _other.Assembler.Validate(With(block, transaction, transaction)));
        Assert.Contains("does not verify", _other.Assembler.Validate(With(block, transaction with { Nonce = 2 })));
        Assert.Contains("5 transactions where 4", _other.Assembler.Validate(
            With(block, [.. Enumerable.Range(0, 5).Select(i => Transaction.Create(_genesis.ChainId, 1, "hospital-2", i, [1], _signers[2]))])));

        Apply(block);

        Assert.Contains("in the chain already", _other.Assembler.Validate(With(_proposer.Assembler.Build(2), transaction)));
        Assert.Empty(_proposer.Assembler.Build(2).Transactions);
    }

    [Fact]
    public void A_members_proved_fault_goes_into_one_block_and_later_ones_wait_for_another_reason()
    {
        Assert.True(_proposer.Assembler.Evidence.TryAdd(Fault(3, 1)));
        Assert.False(_proposer.Assembler.Evidence.TryAdd(Fault(3, 2)), "one is enough");
        Assert.False(_proposer.Assembler.Evidence.TryAdd(Fault(2, 1) with { Seat = 1 }), "not signed by that seat");
        var block = _proposer.Assembler.Build(1);
        Assert.Equal([Canonical.Encode(Fault(3, 1))], block.Evidence);
        Assert.Null(_other.Assembler.Validate(block));

        Assert.True(_proposer.Assembler.Evidence.WantsBlock);
        Assert.Contains("twice", _other.Assembler.Validate(WithEvidence(block, Fault(3, 1), Fault(3, 2))));
        Assert.Contains("not reached", _other.Assembler.Validate(WithEvidence(block, Fault(3, 1, height: 2))));
        Assert.Contains("does not verify", _other.Assembler.Validate(WithEvidence(block, Fault(2, 1) with { Round = 7 })));
        Assert.Contains("epoch", _other.Assembler.Validate(WithEvidence(block, Fault(2, 1) with { Epoch = 1 })));
        var same = Fault(2, 1);
        Assert.Contains("the same", _other.Assembler.Validate(WithEvidence(block, same with { Second = same.First })));
        Assert.Contains("evidence:", _other.Assembler.Validate(WithBytes(block, [[0x80]])));

        Apply(block);

        Assert.Empty(_proposer.Assembler.Evidence.Waiting);
        Assert.False(_other.Assembler.Evidence.TryAdd(Fault(3, 5)), "a fault no later than the one in the chain changes nothing");
        Assert.Contains("in the chain already", _other.Assembler.Validate(WithEvidence(_proposer.Assembler.Build(2), Fault(3, 2))));
        Assert.True(_proposer.Assembler.Evidence.TryAdd(Fault(3, 5, height: 2)));
        Assert.False(_proposer.Assembler.Evidence.WantsBlock, "a member known as faulty could make the chain grow");
        Assert.Null(_other.Assembler.Validate(_proposer.Assembler.Build(2)));
    }

    private Block Next()
    {
        var block = _proposer.Assembler.Build(1);
        Apply(block);
        return block;
    }

    private void Apply(Block block)
    {
        _proposer.Apply(block);
        _other.Apply(block);
    }

    private Equivocation Fault(int seat, int round, long height = 1)
    {
        return Equivocation.Of(StatementType.Prevote, 0, height, round, seat, Say(1), Say(2));

        ConflictingStatement Say(byte what) => new(Digest.Of([what]), -1, _signers[seat].Sign(
            SignedStatement.Bytes(StatementType.Prevote, _genesis.ChainId, 0, height, round, Digest.Of([what]))));
    }

    private static Block With(Block block, params Transaction[] transactions) =>
        new(block.Header with { TransactionsRoot = Block.RootOf(transactions) }, transactions, block.Evidence);

    private static Block WithEvidence(Block block, params Equivocation[] evidence) => WithBytes(block, [.. evidence.Select(Canonical.Encode)]);

    private static Block WithBytes(Block block, byte[][] evidence) =>
        new(block.Header with { EvidenceRoot = MerkleTree.Root(evidence) }, block.Transactions, evidence);

    /// <summary>One member: its application, mempool and clock.</summary>
    private sealed class Side
    {
        private readonly CounterApplication _application = new();

        public Side(Genesis genesis)
        {
            Clock = genesis.Time + 1000;
            Assembler = new BlockAssembler(genesis, _application, Mempool, new Ed25519Verifier(), () => Clock);
        }

        public long Clock { get; set; }

        public Mempool Mempool { get; } = new(100);

        public BlockAssembler Assembler { get; }

        public void Apply(Block block)
        {
            _application.Apply(block);
            Assembler.Applied(block);
        }
    }
}
