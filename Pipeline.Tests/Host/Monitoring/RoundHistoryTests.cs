using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

public sealed class RoundHistoryTests
{
    private static readonly FixedPointModel Model = new(TestChain.Layout, new int[TestChain.Layout.Length], new int[TestChain.Layout.Length]);

    private readonly RoundHistory _history = new();

    [Fact]
    public void A_trial_is_followed_from_its_first_round_to_its_end()
    {
        Started(4, default);
        Assert.Null(Trial);
        Seen(new TrialBegan(5, new AuxiliaryBlend(Digest.Of([1]), RoundPolicy.One)));
        Started(5, new RoundBranch(5, TrialSide.Offered));
        Assert.Equal(new TrialState(5, "offered"), Trial);
        Started(6, new RoundBranch(0, TrialSide.Own));
        Assert.Equal(new TrialState(5, "own"), Trial);
        Started(8, new RoundBranch(0, TrialSide.Own));
        Assert.Equal(new TrialState(5, "own"), Trial);
        Seen(new TrialReady(5, Digest.Of([1]), Digest.Of([2]), 99));
        Assert.Equal(new TrialState(5, "voting"), Trial);
        Seen(new TrialEnded(5, true, Digest.Of([2]), "4 of 5 voted for it"));
        Started(9, new RoundBranch(5, TrialSide.None));
        Assert.Equal(new TrialState(5, "accepted", "4 of 5 voted for it"), Trial);
        Assert.Equal((1, 0), (_history.Of("chest").Totals.TrialsAccepted, _history.Of("chest").Totals.TrialsRefused));
    }

    [Fact]
    public void A_site_that_starts_amid_a_trial_knows_that_it_is_on_and_one_that_missed_the_end_that_it_is_not()
    {
        Started(8, new RoundBranch(0, TrialSide.Own));
        Assert.Equal(new TrialState(7, "own"), Trial);
        Started(20, default);
        Assert.Null(Trial);
        Seen(new TrialEnded(7, false, Digest.Of([2]), "no"), replayed: true);
        Assert.Equal(0, _history.Of("chest").Totals.TrialsRefused);
        Assert.Equal("refused", Trial?.Standing);
    }

    private TrialState? Trial => _history.Of("chest").Totals.Trial;

    private void Started(long round, RoundBranch branch) => _history.On(new LearnerProtocol.RoundStarted("north", "chest", round, Model, branch));

    private void Seen(IChainEvent happened, bool replayed = false) => _history.On(new LearnerProtocol.ChainEventSeen("north", "chest", 3, happened, replayed));
}
