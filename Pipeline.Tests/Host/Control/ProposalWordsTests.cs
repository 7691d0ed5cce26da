using Pipeline.Host.Control;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Host.Control;

public sealed class ProposalWordsTests
{
    private static readonly TestChain Skull = new("skull", keySet: 1);

    private readonly LearningWorld _world = new(new TestChain(trusted: [Skull.Trust()]));

    public ProposalWordsTests() => _world.Step();

    private LearningView View => _world.First.View;

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("stop")]
    [InlineData("suspend-bridge")]
    [InlineData("resume-bridge")]
    [InlineData("readmit hospital-1")]
    [InlineData("leave hospital-1")]
    [InlineData("revoke hospital-1")]
    [InlineData("policy quorum=2 deadline=9 blend=0.25 equivocation=record")]
    [InlineData("grant chest until=2030-12-31")]
    [InlineData("grant chest")]
    [InlineData("end-grant chest")]
    [InlineData("limit window=3600 packets=2 bytes=1000000 norm=1.5 epsilon=8")]
    [InlineData("upgrade 2 900")]
    public void What_is_said_is_what_is_shown(string words) => Assert.Equal(words, ProposalWords.Describe(Parse(words.Split(' '))));

    [Fact]
    public void What_is_left_out_of_a_policy_stays()
    {
        var change = Assert.IsType<GovernanceAction.ChangePolicy>(Parse("policy", "deadline=77")).Change;
        Assert.Equal(View.Policy with { DeadlineBlocks = 77 }, change.ApplyTo(View.Policy));
    }

    [Fact]
    public void Files_stand_for_what_they_hold_and_chains_for_their_ids()
    {
        var possession = KeyPossession.Create(_world.Chain.Id, "hospital-9", 0, _world.Chain.Id, TestChain.Signer(9));
        var join = Assert.IsType<GovernanceAction.Join>(Parse("join", Convert.ToHexString(Canonical.Encode(possession))));
        Assert.Equal(possession.Member, join.Joiner.Member);
        var trust = Assert.IsType<GovernanceAction.Trust>(Parse("trust", Convert.ToHexString(Canonical.Encode(Skull.Genesis)), "days=2"));
        Assert.Equal((Skull.Id, 0L, 172_800_000L), (trust.Chain.ChainId, trust.Chain.Epoch, trust.Chain.TrustPeriodMs));
        Assert.Equal(Skull.Id, Assert.IsType<GovernanceAction.Freeze>(Parse("freeze", "skull")).Chain);
        Assert.Equal(Skull.Id, Assert.IsType<GovernanceAction.Unfreeze>(Parse("unfreeze", "skull")).Chain);
        _world.PlayRound();
        var restart = Assert.IsType<GovernanceAction.Restart>(Parse("restart", "1", "5"));
        Assert.Equal((1L, _world.Round.Finals[0].Model, 5), (restart.Round, restart.Model, restart.Rounds));
    }

    [Theory]
    [InlineData("", "is no action; say one of")]
    [InlineData("explode", "is no action")]
    [InlineData("pause now", "the action is pause")]
    [InlineData("policy quorum=0", "no quorum from 1 to 64")]
    [InlineData("policy quorum=2 quorum=3", "each once")]
    [InlineData("policy speed=3", "must be one of quorum=…, deadline=…")]
    [InlineData("policy blend=2", "no blend from 0 to 1")]
    [InlineData("policy equivocation=shrug", "must be record or exclude")]
    [InlineData("grant chest until=tomorrow", "must be a day as 2030-12-31")]
    [InlineData("restart 9 1", "none of the final rounds")]
    [InlineData("freeze spine", "no trusted chain; there is skull")]
    [InlineData("join ab", "is no application")]
    [InlineData("join nowhere.application", "is no file that is there")]
    [InlineData("limit window=1 packets=1 bytes=1", "norm=… is missing")]
    [InlineData("upgrade 2 -1", "no height")]
    public void What_makes_no_sense_is_refused_with_what_would(string words, string why)
    {
        Assert.Null(ProposalWords.TryParse(words.Length == 0 ? [] : words.Split(' '), View, out string? error));
        Assert.Contains(why, error);
    }

    private GovernanceAction Parse(params string[] words)
    {
        var action = ProposalWords.TryParse(words, View, out string? error);
        Assert.True(action is not null, error);
        return action;
    }
}
