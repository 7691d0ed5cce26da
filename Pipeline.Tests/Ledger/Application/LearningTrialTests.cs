using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

/// <summary>A chain of four that tries what another chain offers: two rounds a branch.</summary>
public sealed class LearningTrialTests
{
    internal static readonly TestChain Source = new(
        "skull", keySet: 1, policy: TestChain.Policy with { Rounds = 9, BridgeEvery = 1, BridgeGrants = ["chest"] });

    internal static readonly TestChain Chain = new(
        "chest", trusted: [Source.Trust()],
        policy: TestChain.Policy with { Rounds = 16, BridgeEvery = 1, BridgeGrants = ["skull"], Trial = new TrialPolicy(2, 600_000, 80_000) });

    private readonly LearningWorld _source = new(Source);

    [Fact]
    public void What_is_accepted_is_tried_beside_what_the_chain_has_and_only_one_goes_on()
    {
        var world = Start();
        var packet = world.Accept(_source);
        Assert.Equal((1L, TrialSide.None), (world.Round.Round, world.Round.Branch.Side));
        var before = world.PlayRound().Events.OfType<RoundFinalized>().Single();
        Assert.Equal((2L, before.Model, new RoundBranch(2, TrialSide.Offered)), (world.Round.Round, world.Round.Base, world.Round.Branch));
        Assert.Equal(packet.Payload, world.Round.Trial!.Auxiliary.Payload);

        var offered = world.PlayRound().Events.OfType<RoundFinalized>().Single();
        Assert.Equal((3L, before.Model, new RoundBranch(0, TrialSide.Own)), (world.Round.Round, world.Round.Base, world.Round.Branch));
        var own = world.PlayRound().Events.OfType<RoundFinalized>().Single();
        Assert.NotEqual(offered.Model, own.Model);
        world.PlayRound();
        var ready = Assert.Single(world.PlayRound().Events.OfType<TrialReady>());
        Assert.Equal((2L, RoundPhase.Judging), (ready.Began, world.Round.Phase));
        var vote = world.Chain.Factories[0].Create(new TrialVote(ready.Began, 4));
        Assert.Null(world.First.Check(vote));
        Assert.DoesNotContain(world.StepAccepted(vote).Events, e => e is TrialEnded);
        Assert.Contains("already voted", world.First.Check(world.Chain.Factories[0].Create(new TrialVote(ready.Began, -4))));

        var outcome = world.Judge(accept: true, 1, 2);
        var ended = outcome.Events.OfType<TrialEnded>().Single();
        Assert.Equal((true, ready.Offered), (ended.Accepted, ended.Model));
        Assert.Equal((6L, ready.Offered, new RoundBranch(2, TrialSide.None)), (world.Round.Round, world.Round.Base, world.Round.Branch));
        world.PlayRound();
    }

    [Fact]
    public void Rounds_of_what_members_have_not_accepted_send_nothing_to_other_chains()
    {
        var world = Start();
        world.Accept(_source);
        var emitted = Enumerable.Range(0, 5).Select(_ => world.PlayRound().Events.OfType<PacketEmitted>().SingleOrDefault()?.Packet.Round).ToArray();
        Assert.Equal([1, null, 3, null, 5], emitted);
    }

    [Fact]
    public void A_chain_without_trials_knows_no_vote_on_one()
    {
        var world = new LearningWorld(new TestChain());
        world.Step();
        var vote = world.Chain.Factories[0].Create(new TrialVote(1, 4));
        Assert.Equal("kind 11 is not a transaction of a learning chain", world.First.Check(vote));
        Assert.Equal("kind 11 is not a transaction of a learning chain", Assert.Single(world.Step(vote).Receipts).Refusal);
    }

    /// <summary>A replica that went down, and one that joins, is in the same place as those that saw every block: in every phase of a trial.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Restored_after_any_block_of_a_trial_it_goes_on_as_if_it_had_never_stopped(bool accept)
    {
        var story = Story(accept);
        var whole = Chain.Start();
        for (int cut = 1; cut < story.Count; cut++)
        {
            whole.Apply(story[cut - 1]);
            var restored = Chain.Start();
            byte[] state = whole.Save();
            Assert.Null(restored.Restore(state, story[cut].Header));
            Assert.Equal(Convert.ToHexString(state), Convert.ToHexString(restored.Save()));
            Assert.Equal(whole.WantsBlock, restored.WantsBlock);
            foreach (var block in story.Skip(cut))
            {
                // Each header commits to the state before it.
                Assert.Equal((block.Header.StateRoot, block.Header.OutboxRoot), (restored.StateRoot, restored.OutboxRoot));
                restored.Apply(block);
            }
        }

        Assert.Equal(accept ? 2 : 0, whole.View.Round.Branch.Id);
    }

    private List<Block> Story(bool accept)
    {
        var blocks = new List<Block>();
        var world = Start(blocks.Add);
        world.Accept(_source);
        world.PlayRound();
        world.PlayRound();
        Decide(new GovernanceAction.Pause());
        Decide(new GovernanceAction.Resume());
        world.StepAccepted(world.Chain.Factories[3].Create(new Withdrawal(world.Round.Round, false)));
        Decide(new GovernanceAction.Readmit("hospital-3"));
        world.PlayRound();
        world.Accept(_source);
        world.PlayRound();
        world.PlayRound();
        Assert.Equal(RoundPhase.Judging, world.Round.Phase);
        world.StepAccepted(world.Chain.Factories[3].Create(new TrialVote(2, accept ? -4 : 4)));
        world.Step();
        world.Judge(accept);
        if (accept)
            world.PlayRound();
        Assert.Equal(accept ? 7 : 6, world.Round.Trial!.Began);
        world.PlayRound();
        Decide(new GovernanceAction.Stop());
        Decide(new GovernanceAction.Restart(world.Round.Finals[0].Round, world.Round.Finals[0].Model, 8));
        world.Step();
        return blocks;

        void Decide(GovernanceAction action)
        {
            var vote = new GovernanceVote(world.First.View.Governance.Sequence, action);
            world.StepAccepted([.. world.Chain.Factories.Take(3).Select(member => member.Create(vote))]);
        }
    }

    private static LearningWorld Start(Action<Block>? applied = null)
    {
        var world = new LearningWorld(Chain) { Applied = applied };
        world.Step();
        return world;
    }
}
