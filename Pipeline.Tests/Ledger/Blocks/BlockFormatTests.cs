using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Blocks;

public sealed class BlockFormatTests
{
    private const string HeaderHex =
        "8e 01 5820 c1*32 02 03 1b0000018bcfe56800 5820 c2*32 5820 c3*32 5820 c4*32 5820 c5*32 5820 c6*32 5820 c7*32 5820 c8*32 5820 c9*32 01";

    private const string TransactionHex = "86 5820 c1*32 03 65 6e6f727468 07 43 010203 5840 dd*64";

    private const string CertificateHex = "87 03 02 03 01 5820 bb*32 0b 83 5840 a1*64 5840 a2*64 5840 a3*64";

    private static readonly BlockHeader Header = new(
        1, Golden.Filled(0xc1), 2, 3, 1_700_000_000_000, Golden.Filled(0xc2), Golden.Filled(0xc3), Golden.Filled(0xc4), Golden.Filled(0xc5),
        Golden.Filled(0xc6), Golden.Filled(0xc7), Golden.Filled(0xc8), Golden.Filled(0xc9), 1);

    private static readonly Transaction Command = new(Golden.Filled(0xc1), 3, "north", 7, [1, 2, 3], Golden.Bytes(64, 0xdd));

    private static readonly QuorumCertificate Certificate = new(
        StatementType.Precommit, 2, 3, 1, Golden.Filled(0xbb), 0b1011,
        [Golden.Bytes(64, 0xa1), Golden.Bytes(64, 0xa2), Golden.Bytes(64, 0xa3)]);

    [Fact]
    public void Golden_header_transaction_and_certificate()
    {
        Golden.Check(Header, HeaderHex);
        Golden.Check(Command, TransactionHex);
        Golden.Check(Certificate, CertificateHex);
        Assert.Equal(Digest.Of(Golden.Parse(HeaderHex)), Header.Id);
        Assert.Equal(Digest.Of(Golden.Parse(TransactionHex)), Command.Id);
    }

    [Fact]
    public void Golden_block_and_committed_block()
    {
        var block = new Block(Header, [Command], [[0xee]]);
        string hex = $"83 {HeaderHex} 81 {TransactionHex} 81 41 ee";
        Golden.Check(block, hex);
        Golden.Check(new CommittedBlock(block, Certificate), $"82 {hex} {CertificateHex}");
    }

    [Fact]
    public void Golden_genesis()
    {
        var genesis = new Genesis(
            1, "chest-1", 1_700_000_000_000,
            new MemberSet([new Member("north", new MemberPublicKey(Golden.Filled(1))), new Member("south", new MemberPublicKey(Golden.Filled(2)))]),
            new ConsensusParameters(1024, 10_000, 30_000), [0xab]);
        const string Hex =
            "86 01 67 63686573742d31 1b0000018bcfe56800 82 82 65 6e6f727468 82 01 5820 01*32 82 65 736f757468 82 01 5820 02*32 " +
            "83 190400 192710 197530 41 ab";
        Golden.Check(genesis, Hex);
        Assert.Equal(Digest.Of(Golden.Parse(Hex)), genesis.ChainId);
    }

    [Fact]
    public void Golden_sparse_update() => Golden.Check(
        new SparseUpdate(4, Golden.Filled(0xbb), Golden.Bytes(16, 0xdd), [3, 1], [1, -1, sbyte.MinValue], 2, 1, [0x40]),
        "89 01 04 5820 bb*32 50 dd*16 42 0301 43 01ff80 02 01 41 40");

    [Fact]
    public void Golden_sparse_update_with_packed_values()
    {
        var update = new SparseUpdate(4, Golden.Filled(0xbb), Golden.Bytes(16, 0xdd), [3], [5, -7, 1, 0], 2, 3, [0x40], ValueFormat.Int4);
        var read = Golden.Check(update, "8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 01 42 1900");
        Assert.Equal(update.Values, read.Values);
        var ternary = update with { Values = [5, -1, 1, 0], Format = ValueFormat.Ternary };
        Assert.Equal(ternary.Values, Golden.Check(ternary, "8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 02 41 0f").Values);
    }

    [Fact]
    public void Golden_sparse_update_of_shared_coordinates()
    {
        var update = new SparseUpdate(4, Golden.Filled(0xbb), Golden.Bytes(16, 0xdd), [3], [5, -7, 1, 0], 0, 3, [], ValueFormat.Int4, Rotating: true);
        Assert.Equal(update.Values, Golden.Check(update, "89 03 04 5820 bb*32 50 dd*16 41 03 41 05 03 01 42 1900").Values);
        var whole = update with { Format = ValueFormat.Int8 };
        Assert.Equal(whole.Values, Golden.Check(whole, "89 03 04 5820 bb*32 50 dd*16 41 03 41 05 03 00 43 f90100").Values);
    }

    [Theory]
    [InlineData("8b 03 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 01 42 1900")]
    [InlineData("89 03 04 5820 bb*32 50 dd*16 41 03 41 05 03 03 42 1900")]
    [InlineData("89 03 04 5820 bb*32 50 dd*16 41 03 41 05 03 00 43 800100")]
    [InlineData("89 03 04 5820 bb*32 50 dd*16 41 03 41 05 03 01 43 190000")]
    [InlineData("89 03 04 5820 bb*32 50 dd*16 41 03 41 05 1a0fffffff 01 42 1900")]
    [InlineData("89 04 04 5820 bb*32 50 dd*16 41 03 41 05 03 01 42 1900")]
    [InlineData("8b 01 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 01 42 1900")]
    [InlineData("8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 00 42 1900")]
    [InlineData("8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 01 42 1980")]
    [InlineData("8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 01 43 190000")]
    [InlineData("8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 1a0fffffff 41 40 01 42 1900")]
    [InlineData("8b 02 04 5820 bb*32 50 dd*16 41 03 41 05 02 03 41 40 02 41 1b")]
    [InlineData("89 02 04 5820 bb*32 50 dd*16 42 0301 43 01ff80 02 01 41 40")]
    public void Packed_values_have_one_form(string hex) =>
        Assert.False(Canonical.TryDecode<SparseUpdate>(Golden.Parse(hex), out _, out _));

    [Theory]
    [InlineData("chest-1", true)]
    [InlineData("a", true)]
    [InlineData("", false)]
    [InlineData("Chest", false)]
    [InlineData("1chest", false)]
    [InlineData("chest-", false)]
    [InlineData("chest--1", false)]
    [InlineData("chest/../1", false)]
    [InlineData("chest.1", false)]
    public void Chain_names_are_lower_case_kebab(string name, bool valid)
    {
        Assert.Equal(valid, Genesis.IsChainName(name));
        var bytes = Canonical.Encode(new Genesis(
            1, name, 0, new MemberSet([new Member("a", new MemberPublicKey(Golden.Filled(1)))]), ConsensusParameters.Default, []));
        Assert.Equal(valid, Canonical.TryDecode<Genesis>(bytes, out _, out _));
    }

    [Fact]
    public void Roots_bind_transactions_and_evidence_to_the_header()
    {
        var header = Header with { TransactionsRoot = Block.RootOf([Command]), EvidenceRoot = MerkleTree.Root([[0xee]]) };
        Assert.Null(new Block(header, [Command], [[0xee]]).VerifyRoots());
        Assert.Contains("transactions", new Block(header, [Command with { Nonce = 8 }], [[0xee]]).VerifyRoots(), StringComparison.Ordinal);
        Assert.Contains("transactions", new Block(header, [], [[0xee]]).VerifyRoots(), StringComparison.Ordinal);
        Assert.Contains("evidence", new Block(header, [Command], []).VerifyRoots(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_transaction_is_bound_to_its_sender_chain_and_every_field()
    {
        using var north = Ed25519Signer.FromSeed(Golden.Bytes(32, 1));
        using var south = Ed25519Signer.FromSeed(Golden.Bytes(32, 2));
        var members = new MemberSet([new Member("north", north.PublicKey), new Member("south", south.PublicKey)]);
        var chain = Golden.Filled(0xc1);
        var verifier = new Ed25519Verifier();
        var transaction = Transaction.Create(chain, 3, "north", 7, [1], north);

        Assert.Null(transaction.Verify(chain, members, verifier));
        Assert.Contains("made for chain", transaction.Verify(Golden.Filled(2), members, verifier), StringComparison.Ordinal);
        Assert.Contains("not a member", (transaction with { Sender = "west" }).Verify(chain, members, verifier), StringComparison.Ordinal);
        Assert.All(
            (Transaction[])
            [
                transaction with { Sender = "south" }, transaction with { Kind = 4 }, transaction with { Nonce = 8 },
                transaction with { Body = [2] }, Transaction.Create(chain, 3, "north", 7, [1], south),
            ],
            altered => Assert.Contains("does not verify", altered.Verify(chain, members, verifier), StringComparison.Ordinal));
    }
}
