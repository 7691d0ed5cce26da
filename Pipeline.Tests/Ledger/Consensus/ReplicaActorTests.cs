using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

public sealed class ReplicaActorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Members_commit_a_transaction_and_agree_on_the_state(int members)
    {
        using var fixture = new ReplicaFixture(members);
        var replicas = Enumerable.Range(0, members).Select(fixture.Start).ToArray();

        var transaction = fixture.Transaction(5);
        var reply = await replicas[0].Ask<object>(new ChainProtocol.Submit(transaction), ReplicaFixture.Patience);
        Assert.Equal(new ChainProtocol.SubmitAccepted(transaction.Id), reply);

        var applied = await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
        Assert.Single(applied.Select(a => a[^1].StateRoot).Distinct());
        Assert.All(applied, a => Assert.Null(
            a[^1].Block.Certificate.Verify(fixture.Genesis.ChainId, fixture.Genesis.Members, new Ed25519Verifier())));
    }

    [Fact]
    public async Task A_refused_transaction_says_why()
    {
        using var fixture = new ReplicaFixture(1);
        var replica = fixture.Start(0);

        var zero = await replica.Ask<ChainProtocol.SubmitRefused>(new ChainProtocol.Submit(fixture.Transaction(0)), ReplicaFixture.Patience);
        var forged = await replica.Ask<ChainProtocol.SubmitRefused>(
            new ChainProtocol.Submit(fixture.Transaction(1) with { Signature = new byte[64] }), ReplicaFixture.Patience);

        Assert.Equal("nothing to add", zero.Reason);
        Assert.Contains("does not verify", forged.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_of_four_stops_the_others_go_on_and_it_catches_up_from_its_journal()
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        var first = fixture.Transaction(1);
        replicas[0].Tell(new ChainProtocol.Submit(first));
        await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, first)));

        await fixture.StopAsync(3);
        Transaction last = first;
        for (byte i = 2; i < 8; i++)
        {
            last = fixture.Transaction(i, sender: 1);
            replicas[1].Tell(new ChainProtocol.Submit(last));
            await fixture.Applied(replicas[1], 1, last);
        }

        replicas[3] = fixture.Start(3);
        var blocks = await fixture.Applied(replicas[3], 3, last);
        var there = await fixture.Applied(replicas[0], 0, last);
        Assert.Equal(there.Select(b => b.Block.Block.Id), blocks.Select(b => b.Block.Block.Id));
        Assert.Equal(there[^1].StateRoot, blocks[^1].StateRoot);

        // It takes part again: with another one away, three are still a quorum.
        await fixture.StopAsync(2);
        var after = fixture.Transaction(9, sender: 3);
        replicas[3].Tell(new ChainProtocol.Submit(after));
        await fixture.Applied(replicas[0], 0, after);
    }

    [Fact]
    public async Task Two_votes_that_one_member_heard_become_evidence_in_a_block_of_all()
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 3).Select(fixture.Start).ToArray();
        var transaction = fixture.Transaction(1);
        replicas[0].Tell(new ChainProtocol.Submit(transaction));
        var blocks = await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
        long height = blocks[0][^1].Block.Height + 1;
        var faulty = fixture.Network.Join(ReplicaFixture.Name(3));
        foreach (byte what in (byte[])[1, 2])
        {
            var id = Digest.Of([what]);
            var statement = SignedStatement.Bytes(StatementType.Prevote, fixture.Genesis.ChainId, 0, height, 0, id);
            var vote = new Vote(StatementType.Prevote, height, 0, id, 3, fixture.Signers[3].Sign(statement));
            faulty.Send(ReplicaFixture.Name(0), fixture.Genesis.ChainId, PeerLane.Consensus, Canonical.Encode<ChainMessage>(new ChainMessage.Votes([vote])));
        }

        // Nobody submits anything: the evidence itself is a reason for a block.
        var seen = await Task.WhenAll(replicas.Select(
            (r, i) => fixture.SubscribeUntil(r, ReplicaFixture.Name(i), b => b.Block.Block.Evidence.Count > 0)));

        var evidence = Canonical.Decode<Equivocation>(Assert.Single(seen[1][^1].Block.Block.Evidence));
        Assert.Equal((3, height, StatementType.Prevote), (evidence.Seat, evidence.Height, evidence.Type));
        Assert.Single(seen.Select(s => s[^1].StateRoot).Distinct());
    }

    [Fact]
    public async Task An_idle_chain_makes_a_block_at_the_heartbeat()
    {
        using var fixture = new ReplicaFixture(1, heartbeatMs: 10);
        var replica = fixture.Start(0);

        var blocks = await fixture.SubscribeUntil(replica, ReplicaFixture.Name(0), b => b.Block.Height == 3);

        Assert.All(blocks, b => Assert.Empty(b.Block.Block.Transactions));
    }

    [Fact]
    public async Task Headers_and_status_answer()
    {
        using var fixture = new ReplicaFixture(1);
        var replica = fixture.Start(0);
        var transaction = fixture.Transaction(3);
        replica.Tell(new ChainProtocol.Submit(transaction));
        var blocks = await fixture.Applied(replica, 0, transaction);

        var headers = await replica.Ask<ChainProtocol.Headers>(new ChainProtocol.GetHeaders(1, 10), ReplicaFixture.Patience);
        var status = await replica.Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, ReplicaFixture.Patience);

        Assert.Equal(blocks.Select(b => b.Block.Block.Header), headers.Items.Select(i => i.Header));
        Assert.Equal((1L, false, 0), (status.Height, status.Syncing, status.PendingTransactions));
    }
}
