using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

/// <summary>A learning chain's state, saved after any block, goes on exactly as the one that was never interrupted.</summary>
public sealed class LearningSnapshotTests
{
    private static readonly TestChain Skull = SkullOf(ProtocolVersion.FixedMembers);

    private static readonly TestChain Chest = new("chest", trusted: [Skull.Trust()], version: ProtocolVersion.FixedMembers);

    private static readonly TestChain NewSkull = SkullOf(ProtocolVersion.ChangingMembers);

    private static readonly TestChain NewChest = new("chest", trusted: [NewSkull.Trust()], version: ProtocolVersion.ChangingMembers);

    private static TestChain SkullOf(int version) => new(
        "skull", keySet: 1, policy: TestChain.Policy with { BridgeEvery = 1, BridgeGrants = ["chest"] }, version: version);

    /// <summary>Rounds, an offer that is judged and blended in, a pause, an exclusion, a stop and a restart: every kind of state at some height.</summary>
    private static List<Block> Story(TestChain source, TestChain target)
    {
        var skull = new LearningWorld(source);
        skull.Step();
        var packet = skull.PlayRound().Events.OfType<PacketEmitted>().Single();
        skull.Step();

        var blocks = new List<Block>();
        var chest = new LearningWorld(target) { Applied = blocks.Add };
        var members = target.Factories;
        chest.Step();
        chest.StepAccepted(members[2].Create(skull.Relay(packet, chest)));
        chest.StepAccepted(members[0].Create(new GateVote(source.Id, 1, true)), members[1].Create(new GateVote(source.Id, 1, true)));
        chest.StepAccepted(members[2].Create(new GateVote(source.Id, 1, true)));
        chest.CloseRound();
        chest.AttestRound();
        chest.StepAccepted(members[3].Create(new Metrics(1, 800_000, 6)));
        Decide(new GovernanceAction.Pause());
        Decide(new GovernanceAction.Resume());
        chest.Step([Equivocation(chest)]);
        Decide(new GovernanceAction.Readmit(target.Members[3].Id));
        chest.PlayRound();
        Decide(new GovernanceAction.Stop());
        Decide(new GovernanceAction.Restart(1, chest.Round.Finals[0].Model, 2));
        chest.Step();
        if (chest.First.Rules.Version == ProtocolVersion.FixedMembers)
        {
            Decide(new GovernanceAction.Upgrade(ProtocolVersion.ChangingMembers, chest.First.Height + 5));
            while (chest.First.Rules.Version == ProtocolVersion.FixedMembers)
                chest.Step();
        }

        Decide(new GovernanceAction.ChangePolicy(new PolicyChange(2, 7, 0, EquivocationPolicy.Record)));
        Decide(new GovernanceAction.Trust(new TestChain("spine", keySet: 2).Trust()));
        Decide(new GovernanceAction.LimitBridge(new BridgeLimits(1000, 2, 1 << 20, 1 << 20)));
        Decide(new GovernanceAction.SuspendBridge());
        chest.StepAccepted(members[2].Create(new Withdrawal(chest.Round.Round, true)));
        Decide(new GovernanceAction.RotateKey(KeyPossession.Create(target.Id, "hospital-3", 0, target.Id, TestChain.Signer(9))));
        chest.Step();
        Decide(new GovernanceAction.Leave("hospital-3"));
        chest.Step();
        chest.Step();
        return blocks;

        void Decide(GovernanceAction action)
        {
            long sequence = chest.First.View.Governance.Sequence;
            chest.StepAccepted(members[0].Create(new GovernanceVote(sequence, action)));
            chest.StepAccepted(
                members[1].Create(new GovernanceVote(sequence, action)), members[2].Create(new GovernanceVote(sequence, action)));
        }
    }

    private static byte[] Equivocation(LearningWorld world)
    {
        long height = world.First.Height + 1;
        ConflictingStatement Statement(string name)
        {
            var id = TestChain.Named(name);
            return new ConflictingStatement(
                id, -1, world.Chain.Signers[3].Sign(SignedStatement.Bytes(StatementType.Prevote, world.Chain.Id, 0, height, 0, id)));
        }

        return Canonical.Encode(Pipeline.Ledger.Blocks.Equivocation.Of(StatementType.Prevote, 0, height, 0, 3, Statement("one"), Statement("two")));
    }

    [Theory]
    [InlineData(ProtocolVersion.FixedMembers)]
    [InlineData(ProtocolVersion.ChangingMembers)]
    public void Restored_after_any_block_it_goes_on_as_if_it_had_never_stopped(int version)
    {
        var (source, chest) = version == ProtocolVersion.FixedMembers ? (Skull, Chest) : (NewSkull, NewChest);
        var story = Story(source, chest);
        var whole = chest.Start();
        for (int cut = 1; cut < story.Count; cut++)
        {
            whole.Apply(story[cut - 1]);
            var restored = chest.Start();
            byte[] state = whole.Save();
            Assert.Null(restored.Restore(state, story[cut].Header));
            Assert.Equal(Convert.ToHexString(state), Convert.ToHexString(restored.Save()));
            Assert.Equal((cut, whole.WantsBlock, whole.Rules.Epoch, whole.Rules.Version), (restored.Height, restored.WantsBlock, restored.Rules.Epoch, restored.Rules.Version));
            var original = chest.Start();
            foreach (var block in story)
            {
                var expected = original.Apply(block);
                if (block.Header.Height <= cut)
                    continue;
                var outcome = restored.Apply(block);
                Assert.Equal((original.StateRoot, original.OutboxRoot), (restored.StateRoot, restored.OutboxRoot));
                Assert.Equal(expected.Receipts, outcome.Receipts);
                Assert.Equal(expected.Events.Select(e => e.GetType()), outcome.Events.Select(e => e.GetType()));
            }
        }
    }

    [Fact]
    public void A_state_that_the_header_does_not_commit_to_changes_nothing()
    {
        var story = Story(NewSkull, NewChest);
        var whole = NewChest.Start();
        foreach (var block in story.SkipLast(1))
            whole.Apply(block);
        var next = story[^1].Header;
        var good = Canonical.Decode<LearningSnapshot>(whole.Save());
        var fresh = NewChest.Start();
        var before = fresh.StateRoot;
        foreach (var changed in (LearningSnapshot[])
        [
            good with { Height = good.Height - 1 },
            good with { Time = good.Time + 1 },
            good with { LastBlock = TestChain.Named("another") },
            good with { Rounds = good.Rounds with { Base = TestChain.Named("another") } },
            good with { Rounds = good.Rounds with { Closed = [] } },
            good with { Rounds = good.Rounds with { Excluded = [true, .. good.Rounds.Excluded.Skip(1)] } },
            good with { Rounds = good.Rounds with { Metrics = [] } },
            good with { Bridge = good.Bridge with { Channels = [] } },
            good with { Bridge = good.Bridge with { Channels = [good.Bridge.Channels[0] with { NextSequence = 1 }, good.Bridge.Channels[1]] } },
            good with { Bridge = good.Bridge with { Channels = [good.Bridge.Channels[0] with { Members = NewChest.Members }, good.Bridge.Channels[1]] } },
            good with { Bridge = good.Bridge with { Leaves = [] } },
            good with { Bridge = good.Bridge with { Leaves = [good.Bridge.Leaves[0] with { Height = 1 }] } },
            good with { Governance = good.Governance with { Sequence = 1 } },
            good with { Governance = good.Governance with { Votes = [] } },
            good with { Upgrade = good.Upgrade! with { PendingHeight = 100 } },
            good with { Upgrade = null },
            good with { Membership = good.Membership! with { Retired = [] } },
            good with { Membership = good.Membership! with { Members = NewChest.Members } },
            good with { Membership = good.Membership! with { Checkpoints = [] } },
            good with { Membership = null },
            good with { Rounds = good.Rounds with { Governance = good.Rounds.Governance! with { Withdrawn = [] } } },
            good with { Rounds = good.Rounds with { Governance = null } },
            good with { Bridge = good.Bridge with { Governance = good.Bridge.Governance! with { Suspended = false } } },
            good with { Bridge = good.Bridge with { Governance = good.Bridge.Governance! with { Windows = [] } } },
            good with { Bridge = good.Bridge with { Governance = good.Bridge.Governance! with { Trusted = [NewSkull.Trust(5), good.Bridge.Governance!.Trusted[1]] } } },
        ])
        {
            Assert.NotNull(fresh.Restore(Canonical.Encode(changed), next));
            Assert.Equal((0L, before), (fresh.Height, fresh.StateRoot));
        }

        Assert.Contains("LearningSnapshot", fresh.Restore(new byte[] { 1, 2 }, next), StringComparison.Ordinal);
        Assert.NotNull(fresh.Restore(whole.Save(), next with { OutboxRoot = TestChain.Named("another") }));
        Assert.Null(fresh.Restore(whole.Save(), next));
    }

    /// <summary>The state before the first block, byte by byte: a change here is a new version of the state.</summary>
    [Fact]
    public void Golden_bytes() => Assert.Equal(
        Convert.ToHexStringLower(Golden.Parse(
            $"""
            87 01 00 1b0000018bcfe56800 5820 00*32
            8e 00 f4 00 03 5820 {Chest.InitialModel.Digest} 5820 00*32 00
            84 80 80 80 80 84 80 80 80 80 84 80 80 80 80 84 f4 f4 f4 f4 80 80 80
            83 80 80 81 89 5820 {Skull.Id} 00 {Convert.ToHexStringLower(Canonical.Encode(Skull.Members))} 00 5820 00*32 1b0000018bcfe56800 f4 01 80
            82 01 84 80 80 80 80
            """)),
        Convert.ToHexStringLower(Chest.Start().Save()));

    [Fact]
    public void Golden_digest_of_a_state_with_everything()
    {
        var whole = NewChest.Start();
        foreach (var block in Story(NewSkull, NewChest))
            whole.Apply(block);

        byte[] state = whole.Save();

        Assert.Equal((2456, "39c2ba17fa26aa0a0fd605e4a6f8e533"), (state.Length, Digest.Of(state).ToString()[..32]));
    }
}
