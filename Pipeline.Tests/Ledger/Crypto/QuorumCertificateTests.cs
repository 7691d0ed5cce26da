using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Crypto;

public sealed class QuorumCertificateTests : IDisposable
{
    private static readonly Digest Chain = Golden.Filled(0xcc);
    private static readonly Digest BlockId = Golden.Filled(0xbb);

    private readonly Ed25519Signer[] _signers =
        [.. Enumerable.Range(1, 4).Select(i => Ed25519Signer.FromSeed(Golden.Bytes(32, (byte)i)))];

    private readonly Ed25519Verifier _verifier = new();
    private readonly MemberSet _members;

    public QuorumCertificateTests() => _members = new MemberSet([.. _signers.Select((s, i) => new Member($"m{i}", s.PublicKey))]);

    public void Dispose()
    {
        foreach (var signer in _signers)
            signer.Dispose();
    }

    [Theory]
    [InlineData(0b0111UL)]
    [InlineData(0b1011UL)]
    [InlineData(0b1110UL)]
    [InlineData(0b1111UL)]
    public void A_quorum_of_any_seats_is_valid(ulong signers) => Assert.Null(Error(Certificate(signers)));

    [Fact]
    public void One_signer_short_of_a_quorum_is_refused() =>
        Assert.Contains("3 of 4 are a quorum", Error(Certificate(0b0011)), StringComparison.Ordinal);

    [Fact]
    public void A_seat_beyond_the_members_is_refused()
    {
        var valid = Certificate(0b0111);
        Assert.Contains("beyond the 4 members", Error(valid with { Signers = 0b1_0011 }), StringComparison.Ordinal);
        Assert.Contains("beyond the 4 members", Error(valid with { Signers = 1UL << 63 | 0b0011 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Signatures_and_seats_must_agree()
    {
        var valid = Certificate(0b0111);
        Assert.Contains("4 signers but 3", Error(valid with { Signers = 0b1111 }), StringComparison.Ordinal);
        Assert.Contains("3 signers but 2", Error(valid with { Signatures = [.. valid.Signatures.Take(2)] }), StringComparison.Ordinal);
        Assert.Contains("'m2' does not", Error(valid with { Signatures = [valid.Signatures[0], valid.Signatures[1], valid.Signatures[1]] }),
            StringComparison.Ordinal);
        Assert.Contains("'m0' does not", Error(valid with { Signatures = [.. valid.Signatures.Reverse()] }), StringComparison.Ordinal);
        Assert.Contains("'m2' does not", Error(Certificate(0b1011) with { Signers = 0b0111 }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_signed_for_another_epoch_height_round_type_block_or_chain_is_refused()
    {
        var valid = Certificate(0b0111);
        Assert.All(
            (QuorumCertificate[])
            [
                valid with { Epoch = 1 }, valid with { Height = 6 }, valid with { Round = 0 }, valid with { Type = StatementType.Prevote },
                valid with { BlockId = Golden.Filled(1) }, valid with { BlockId = Digest.Zero },
            ],
            altered => Assert.Contains("does not verify", Error(altered), StringComparison.Ordinal));
        Assert.Contains("does not verify", valid.Verify(Golden.Filled(1), _members, _verifier), StringComparison.Ordinal);
    }

    [Fact]
    public void The_members_of_another_epoch_refuse_it()
    {
        var rotated = new MemberSet([_members[1], _members[0], _members[2], _members[3]]);
        Assert.Contains("does not verify", Certificate(0b0111).Verify(Chain, rotated, _verifier), StringComparison.Ordinal);
    }

    [Fact]
    public void Signed_statements_have_golden_bytes()
    {
        Assert.Equal(
            Golden.Parse("706970656c696e652f76312f707265636f6d6d6974 00*3 cc*32 0000000000000001 0000000000000005 00000002 00000000 bb*32"),
            SignedStatement.Bytes(StatementType.Precommit, Chain, 1, 5, 2, BlockId));
        Assert.Equal(
            Golden.Parse("706970656c696e652f76312f70726f706f73616c 00*4 cc*32 0000000000000000 0000000000000005 00000003 00000003 bb*32"),
            SignedStatement.Bytes(StatementType.Proposal, Chain, 0, 5, 3, BlockId, validRound: 2));
        Assert.Equal(Golden.Parse("706970656c696e652f76312f7478 00*10 cc*32 bb*32"), SignedStatement.Tagged("tx", Chain, BlockId));
    }

    [Fact]
    public void A_member_set_names_each_institution_and_key_once()
    {
        Assert.Throws<ArgumentException>(() => new MemberSet([]));
        Assert.Throws<ArgumentException>(() => new MemberSet([_members[0], _members[1] with { Id = "m0" }]));
        Assert.Throws<ArgumentException>(() => new MemberSet([_members[0], _members[0] with { Id = "other" }]));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(3, 0, 3)]
    [InlineData(4, 1, 3)]
    [InlineData(7, 2, 5)]
    [InlineData(10, 3, 7)]
    [InlineData(64, 21, 43)]
    public void Quorums(int count, int faulty, int quorum)
    {
        var members = new MemberSet([.. Enumerable.Range(0, count).Select(i => new Member($"m{i}", new MemberPublicKey(Golden.Filled((byte)i))))]);
        Assert.Equal((faulty, quorum), (members.MaxFaulty, members.Quorum));
    }

    private string? Error(QuorumCertificate certificate) => certificate.Verify(Chain, _members, _verifier);

    private QuorumCertificate Certificate(ulong signers)
    {
        var message = SignedStatement.Bytes(StatementType.Precommit, Chain, 0, 5, 1, BlockId);
        var signatures = Enumerable.Range(0, 4).Where(i => (signers >> i & 1) != 0).Select(i => _signers[i].Sign(message));
        return new QuorumCertificate(StatementType.Precommit, 0, 5, 1, BlockId, signers, [.. signatures]);
    }
}
