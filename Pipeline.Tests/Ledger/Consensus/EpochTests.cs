using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Members come, leave and change keys while the chain goes on; and the chain goes on to another protocol version while it is used.</summary>
public sealed class EpochTests
{
    private const int A = 0, B = 1, C = 2, D = 3, E = 4, Observer = 5;

    [Fact]
    public async Task Join_rotation_and_leave_across_a_partition_and_sync_from_the_genesis_through_every_epoch()
    {
        using var chain = new LearningReplicas(institutions: 6, founders: 4);
        using var renewed = TestChain.Signer(99);
        foreach (int i in (int[])[A, B, C, D])
            chain.Start(i, s => i == B ? s with { Keys = new MemberKeys(chain.Signers[B], renewed) } : s);
        // E follows before it is a member.
        chain.Start(E);
        foreach (int i in (int[])[A, B, C, D, E])
            await chain.Until(i, b => b.Block.Height == 1);

        var join = new GovernanceAction.Join(KeyPossession.Create(chain.Genesis.ChainId, LearningReplicas.Name(E), 0, chain.Genesis.ChainId, chain.Signers[E]));
        foreach (int i in (int[])[A, B, C])
            chain.Vote(i, join);
        await chain.Epoch(1, A, B, C, D, E);

        // Four of five are a quorum: without D, the new member and the new key have to sign.
        chain.Network.Cut(LearningReplicas.Name(D));
        var rotation = new GovernanceAction.RotateKey(KeyPossession.Create(chain.Genesis.ChainId, LearningReplicas.Name(B), 0, default, renewed));
        foreach (int i in (int[])[A, B, C, E])
            chain.Vote(i, rotation);
        await chain.Epoch(2, A, B, C, E);

        var leave = new GovernanceAction.Leave(LearningReplicas.Name(D));
        foreach (int i in (int[])[A, C, E])
            chain.Vote(i, leave);
        chain.Vote(B, leave, renewed);
        var blocks = await chain.Epoch(3, A, B, C, E);
        var last = blocks[^1].Outcome.Events.OfType<EpochStarted>().Single();
        Assert.Equal([LearningReplicas.Name(A), LearningReplicas.Name(B), LearningReplicas.Name(C), LearningReplicas.Name(E)], last.Members.Members.Select(m => m.Id));
        Assert.Equal(renewed.PublicKey, last.Members[1].Key);
        Announces(blocks);

        // D takes itself for a member of epoch 1; it learns what it missed, and follows.
        chain.Network.Heal(LearningReplicas.Name(D));
        await chain.Epoch(3, A, D);
        var pause = chain.Vote(A, new GovernanceAction.Pause());
        await chain.Until(D, b => b.Block.Block.Transactions.Any(t => t.Id == pause.Id));
        chain.Start(Observer, s => s with { Keys = null });
        await chain.Epoch(3, A, Observer);
        await chain.Until(Observer, b => b.Block.Block.Transactions.Any(t => t.Id == pause.Id));

        await chain.VerifyJournalsAsync(A, B, C, D, E, Observer);
        Assert.DoesNotContain(chain.SignedHeights(D), height => height >= last.FirstHeight);
        Assert.Contains(chain.SignedHeights(E), height => height >= last.FirstHeight);
        Assert.Empty(chain.SignedHeights(Observer));
    }

    [Fact]
    public async Task An_upgrade_under_load_with_replicas_replaced_one_at_a_time()
    {
        using var chain = new LearningReplicas(institutions: 4, founders: 4, version: ProtocolVersion.FixedMembers);
        for (int i = 0; i < 4; i++)
            chain.Start(i, OldBuild);
        for (int i = 0; i < 4; i++)
            await chain.Until(i, b => b.Block.Height == 1);
        var early = chain.Vote(A, new GovernanceAction.ChangePolicy(new(2, 9, 0, default)));
        long height = (await Load(chain, B, 1))[^1].Block.Height;
        var upgrade = new GovernanceAction.Upgrade(ProtocolVersion.ChangingMembers, height + 30);
        foreach (int i in (int[])[A, B, C])
            chain.Vote(i, upgrade);
        await chain.Until(B, b => b.Outcome.Events.OfType<GovernanceDecided>().Any());

        // D is forgotten.
        foreach (int i in (int[])[A, B, C])
        {
            var load = Load(chain, i == A ? B : A, 3);
            await chain.StopAsync(i);
            chain.Start(i);
            await load;
            await chain.Until(i, b => b.Outcome.Events.OfType<GovernanceDecided>().Any());
        }

        var old = chain.Logged($"block {upgrade.Height} is made under protocol version {ProtocolVersion.ChangingMembers}");
        while (chain.View(A).Height < upgrade.Height)
            await Load(chain, A, 1);
        Assert.Contains($"stops at height {upgrade.Height - 1} with nothing lost: install a newer version", await old);
        Assert.Equal(upgrade.Height - 1, chain.View(D).Height);

        // What the old version has no word for, the new one decides.
        var policy = new GovernanceAction.ChangePolicy(new(3, 9, 0, default));
        foreach (int i in (int[])[A, B, C])
            chain.Vote(i, policy);
        await chain.StopAsync(D);
        chain.Start(D);
        var blocks = await chain.Until(D, b => b.Outcome.Events.OfType<PolicyChanged>().Any());
        Assert.Equal(9, chain.View(D).Policy.DeadlineBlocks);
        Assert.All(blocks, b => Assert.Equal(b.Block.Height < upgrade.Height ? 1 : 2, b.Block.Block.Header.Version));
        Assert.DoesNotContain(blocks, b => b.Block.Block.Transactions.Any(t => t.Id == early.Id));

        await chain.VerifyJournalsAsync(A, B, C, D);
    }

    /// <summary>A build from before the second version: it votes for what it does not know, and never follows it.</summary>
    private static ReplicaSettings OldBuild(ReplicaSettings settings) =>
        settings with { NewestProtocol = ProtocolVersion.FixedMembers };

    /// <summary>A member that changes its mind, block by block; two of them decide nothing.</summary>
    private static async Task<IReadOnlyList<ChainProtocol.BlockApplied>> Load(LearningReplicas chain, int member, int transactions)
    {
        IReadOnlyList<ChainProtocol.BlockApplied> blocks = [];
        for (int n = 0; n < transactions; n++)
        {
            bool pause = chain.View(member).Governance.Votes.Any(v => v.Member == LearningReplicas.Name(member) && v.Action is GovernanceAction.Stop);
            var vote = chain.Vote(member, pause ? new GovernanceAction.Pause() : new GovernanceAction.Stop());
            blocks = await chain.Until(member, b => b.Block.Block.Transactions.Any(t => t.Id == vote.Id));
        }

        return blocks;
    }

    /// <summary>Each epoch's last header names the members of the next, decided by those of its own.</summary>
    private static void Announces(IReadOnlyList<ChainProtocol.BlockApplied> blocks)
    {
        foreach (var (before, after) in blocks.Zip(blocks.Skip(1)))
        {
            var (header, next) = (before.Block.Block.Header, after.Block.Block.Header);
            Assert.Equal(header.NextMembersHash, next.MembersHash);
            Assert.Equal(header.Epoch + (header.NextMembersHash == header.MembersHash ? 0 : 1), next.Epoch);
        }
    }
}
