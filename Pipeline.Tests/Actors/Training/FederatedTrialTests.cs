using Pipeline.Actors.Training;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class FederatedTrialTests
{
    private static readonly ResidualCnn Architecture = ResidualCnn.Small;
    private static readonly ModelLayout Layout = Architecture.Layout(SyntheticImages.Task);
    private static readonly RoundPolicy Policy = SyntheticImages.Policy with { LocalSteps = 2, Trial = new TrialPolicy(2, 1_000_000, 80_000) };

    public FederatedTrialTests() => Assert.Null(new TorchRuntime().Load());

    [Fact]
    public void Branches_take_turns_from_the_same_model_and_the_vote_says_which_goes_on()
    {
        var chain = Begin();
        chain.Step();
        var rounds = new List<(long, RoundBranch)>();
        var start = chain.Model;
        var fork = chain.Fork();

        var (own, offered, accepted) = chain.Trial(Offer(7), (_, _) => true, s => rounds.Add((s.Round, s.Branch)));
        Assert.True(accepted);
        RoundBranch with = new(2, TrialSide.Offered), without = new(0, TrialSide.Own);
        Assert.Equal([(2, with), (3, without), (4, with), (5, without)], rounds.OrderBy(r => r.Item1));
        Assert.Equal((5, new RoundBranch(2, TrialSide.None), offered), (chain.Round, chain.Branch, chain.Model));
        Assert.Equal(3, new HashSet<Digest> { start.Digest, own.Digest, offered.Digest }.Count);
        Assert.All(chain.Payloads, p => Assert.Equal(4, Canonical.Decode<SparseUpdate>(p).Round));

        // Without the backbone it is the same course whatever was offered.
        Assert.Equal(own.Digest, fork.TryOwn().Model.Digest);
        Assert.False(fork.Trial(Offer(8), (_, _) => false).Accepted);
        Assert.Equal((5, new RoundBranch(0, TrialSide.None), own.Digest), (fork.Round, fork.Branch, fork.Model.Digest));
        Assert.All(fork.Payloads, p => Assert.Equal(5, Canonical.Decode<SparseUpdate>(p).Round));
        fork.Step();
        Assert.Equal(6, fork.Round);
    }

    [Fact]
    public void A_policy_without_trials_tries_nothing()
    {
        var chain = new FederatedSimulation(
            Architecture, SyntheticImages.Task, TrainerSettings.Default, Policy with { Trial = null }, Start(), [SyntheticImages.Set(8, 1)], Digest.Of([1]), 1);
        Assert.Throws<InvalidOperationException>(() => chain.TryOwn());
    }

    /// <summary>With control variates a site compares what it sent with what its own branch's last aggregate brought, whichever rounds lay between.</summary>
    [Theory]
    [InlineData(4, 4, TrialSide.Offered, 3)]
    [InlineData(6, 4, TrialSide.Offered, 4)]
    [InlineData(5, 0, TrialSide.Own, 3)]
    [InlineData(7, 0, TrialSide.Own, 5)]
    [InlineData(8, 4, TrialSide.None, 6)]
    [InlineData(9, 4, TrialSide.None, 8)]
    [InlineData(8, 0, TrialSide.None, 7)]
    public void The_round_before_is_the_branchs_own(long round, long id, TrialSide side, long before) =>
        Assert.Equal(before, BranchRounds.Previous(Policy, round, new RoundBranch(id, side)));

    private static FixedPointModel Start() => FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, 1));

    private static BackbonePayload Offer(ulong seed) => BackbonePayload.FromModel(FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, seed)));

    private static FederatedSimulation Begin() => new(
        Architecture, SyntheticImages.Task, TrainerSettings.Default, Policy, Start(), [SyntheticImages.Set(16, 11), SyntheticImages.Set(16, 12)], Digest.Of([1]), 1);
}
