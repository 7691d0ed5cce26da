using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Bridge;

public sealed class LightClientTests
{
    private static readonly TestChain Source = new("skull", keySet: 1);
    private static readonly TestChain Stranger = new("skull", keySet: 2);
    private readonly LightClient _client = LightClient.Start(Source.Trust(periodMs: 5000), TestChain.GenesisTime);
    private readonly BlockHeader _header = Source.NextBlock(Source.Start()).Header;

    [Fact]
    public void A_header_with_a_quorum_of_the_known_members_verifies() => Assert.Null(Verify(Source.Certify(_header)));

    [Fact]
    public void A_header_detached_from_its_certificate_is_refused()
    {
        var certified = Source.Certify(_header);
        Assert.Contains("the certificate is for block", Verify(certified with { Header = _header with { OutboxRoot = TestChain.Named("forged") } }));
    }

    [Fact]
    public void A_minority_a_forged_signature_and_other_members_are_refused()
    {
        Assert.Contains("quorum", Verify(Source.Certify(_header, signers: 2)));
        var good = Source.Certify(_header);
        var forged = good.Certificate with { Signatures = [good.Certificate.Signatures[1], .. good.Certificate.Signatures.Skip(1)] };
        Assert.Contains("does not verify", Verify(good with { Certificate = forged }));
        Assert.Contains("does not verify", Verify(Stranger.Certify(_header)));
    }

    [Fact]
    public void Another_chain_epoch_or_member_set_is_refused()
    {
        Assert.Contains("a header of chain", Verify(Source.Certify(_header with { ChainId = TestChain.Named("other") })));
        Assert.Contains("a header of epoch 1", Verify(Source.Certify(_header with { Epoch = 1 })));
        Assert.Contains("members are not those", Verify(Source.Certify(_header with { MembersHash = Stranger.Members.Hash })));
    }

    [Fact]
    public void A_certificate_of_another_epoch_or_type_than_its_header_is_refused()
    {
        var good = Source.Certify(_header);
        Assert.Contains("the certificate is of epoch", Verify(good with { Certificate = good.Certificate with { Epoch = 7 } }));
        Assert.Contains("not of precommits", Verify(good with { Certificate = good.Certificate with { Type = StatementType.Prevote } }));
    }

    [Fact]
    public void Trust_ends_without_headers_and_is_stretched_by_one_but_not_by_its_claimed_future()
    {
        Assert.Null(_client.CheckUsable(TestChain.GenesisTime + 5000));
        Assert.Contains("expired", _client.CheckUsable(TestChain.GenesisTime + 5001));
        long now = TestChain.GenesisTime + 3000;
        var accepted = _client.Accept(Source.Certify(_header with { Time = long.MaxValue }), now);
        Assert.Null(accepted.CheckUsable(now + 5000));
        Assert.Contains("expired", accepted.CheckUsable(now + 5001));
    }

    [Fact]
    public void Two_headers_of_the_newest_height_freeze_the_client()
    {
        var accepted = _client.Accept(Source.Certify(_header), _header.Time);
        Assert.Same(accepted, accepted.Accept(Source.Certify(_header), _header.Time));
        var frozen = accepted.Accept(Source.Certify(_header with { StateRoot = TestChain.Named("fork") }), _header.Time);
        Assert.True(frozen.Frozen);
        Assert.Contains("frozen", frozen.CheckUsable(_header.Time));
    }

    [Fact]
    public void An_older_header_does_not_move_the_client_back()
    {
        var accepted = _client.Accept(Source.Certify(_header with { Height = 9 }), _header.Time);
        Assert.Equal(9, accepted.Accept(Source.Certify(_header), _header.Time).Height);
    }

    [Fact]
    public void An_epoch_ending_header_hands_over_to_exactly_the_members_it_names()
    {
        var last = Source.Certify(_header with { NextMembersHash = Stranger.Members.Hash });
        Assert.Null(Verify(last));
        Assert.Null(_client.TryAdvance(new EpochChange(last, Source.Members), _header.Time, out string? error));
        Assert.Contains("not those that header", error);
        Assert.Null(_client.TryAdvance(new EpochChange(Source.Certify(_header), Stranger.Members), _header.Time, out error));
        Assert.Contains("does not end an epoch", error);

        var next = _client.TryAdvance(new EpochChange(last, Stranger.Members), _header.Time, out error);
        Assert.NotNull(next);
        Assert.Equal(1, next.Epoch);
        var later = _header with { Epoch = 1, Height = 2, MembersHash = Stranger.Members.Hash, NextMembersHash = Stranger.Members.Hash };
        Assert.Null(next.Verify(Stranger.Certify(later), TestChain.Verifier));
        Assert.Contains("a header of epoch 0", next.Verify(Source.Certify(_header), TestChain.Verifier));
        Assert.Contains("does not verify", next.Verify(Source.Certify(later), TestChain.Verifier));
    }

    private string? Verify(CertifiedHeader header) => _client.Verify(header, TestChain.Verifier);
}
