using Pipeline.Actors.Bridge;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Bridge;

/// <summary>Two chains of disjoint members that trust each other, and a relay that reads one and writes to the other, each way.</summary>
public sealed class RelayPlanTests
{
    private static readonly RoundPolicy Policy = TestChain.Policy with { Rounds = 40, Quorum = 2, BridgeEvery = 1, BridgeGrants = ["chest"] };

    private readonly TestChain _skullChain = new("skull", keySet: 1, policy: Policy);
    private readonly LearningWorld _skull, _chest;
    private readonly RelayPlan _there, _back;
    private readonly List<CertifiedHeader> _skullHeaders = [], _chestHeaders = [];

    public RelayPlanTests()
    {
        var chest = new TestChain("chest", policy: Policy with { BridgeGrants = [] }, trusted: [_skullChain.Trust()]);
        _skull = new LearningWorld(_skullChain) { Applied = block => _skullHeaders.Add(_skullChain.Certify(block.Header)) };
        _chest = new LearningWorld(chest) { Applied = block => _chestHeaders.Add(chest.Certify(block.Header)) };
        _there = new RelayPlan(_skullChain.Id, chest.Id);
        _back = new RelayPlan(chest.Id, _skullChain.Id);
        _skull.Step();
        _chest.Step();
        Decide(_skull, new GovernanceAction.Trust(chest.Trust()));
    }

    [Fact]
    public void Packets_go_acks_come_back_and_both_clients_follow_the_epochs()
    {
        var packet = Play(_skull);
        var item = Assert.IsType<RelayItem.Packet>(Assert.Single(Tell(_skull, _there, _chest)));
        Assert.Equal(packet, item.Content);
        Deliver(_chest, item);
        var ack = Assert.IsType<RelayItem.Ack>(Assert.Single(Tell(_chest, _back, _skull)));
        var acknowledged = _skull.StepAccepted(_skullChain.Factories[0].Create(ack.Delivery)).Events.OfType<PacketAcknowledged>().Single();
        Assert.Equal(new PacketAcknowledged("chest", 1, PacketError.None), acknowledged);
        Assert.Contains("already taken", _skull.Step(_skullChain.Factories[1].Create(ack.Delivery)).Receipts[0].Refusal);

        // Three changes of members, nothing relayed meanwhile: each is proved by the epoch before.
        for (int change = 0; change < 3; change++)
            Rotate(TestChain.Signer(100 + change));
        Play(_skull);
        for (int block = 0; block < RelayPlan.Patience; block++)
            _skull.Step();
        var told = Tell(_skull, _there, _chest);
        var news = Assert.IsType<RelayItem.News>(told[0]);
        Assert.Equal(3, news.Update.Epochs.Count);
        Assert.Equal(3, Assert.IsType<RelayItem.Packet>(told[1]).Proof.Epochs.Count);
        _chest.StepAccepted(_chest.Chain.Factories[0].Create(news.Update));
        Assert.Equal(3, _chest.First.View.Channels[0].Client.Epoch);
        Assert.Contains("a header of epoch 0", _chest.Step(_chest.Chain.Factories[1].Create(news.Update)).Receipts[0].Refusal);
    }

    [Fact]
    public void A_packet_under_a_header_of_a_later_epoch_brings_the_epochs_along()
    {
        Rotate(TestChain.Signer(100));
        Play(_skull);
        var told = Tell(_skull, _there, _chest);
        Deliver(_chest, Assert.IsType<RelayItem.Packet>(told[^1]));
        Assert.Equal((1L, 2L), (_chest.First.View.Channels[0].Client.Epoch, _chest.First.View.Channels[0].NextSequence));
    }

    [Fact]
    public void What_took_no_effect_is_said_again_after_a_while()
    {
        Play(_skull);
        Assert.Single(Tell(_skull, _there, _chest));
        for (int block = 1; block < RelayPlan.Patience; block++)
            Assert.Empty(Tell(_skull, _there, _chest));
        Deliver(_chest, Assert.IsType<RelayItem.Packet>(Assert.Single(Tell(_skull, _there, _chest))));
        for (int block = 0; block <= RelayPlan.Patience; block++)
            Assert.Empty(Tell(_skull, _there, _chest));
    }

    [Fact]
    public void Nothing_is_said_of_a_chain_that_is_not_trusted_or_frozen()
    {
        Play(_skull);
        var stranger = new LearningWorld(new TestChain("chest", keySet: 3));
        stranger.Step();
        Assert.Empty(Tell(_skull, new RelayPlan(_skullChain.Id, stranger.Chain.Id), stranger));
        Decide(_chest, new GovernanceAction.Freeze(_skullChain.Id));
        Assert.Empty(Tell(_skull, _there, _chest));
    }

    /// <summary>A block of the source, and what the relay says of it.</summary>
    private IReadOnlyList<RelayItem> Tell(LearningWorld source, RelayPlan plan, LearningWorld destination)
    {
        var headers = source == _skull ? _skullHeaders : _chestHeaders;
        int known = headers.Count;
        var outcome = source.Step();
        var committed = new CommittedBlock(new Block(headers[known].Header, [], []), headers[known].Certificate);
        return plan.Next(
            new ChainProtocol.BlockApplied(committed, outcome, source.First.StateRoot), source.First.View.Outbox, destination.First.View, destination.Chain.Genesis.Name);
    }

    private static void Deliver(LearningWorld destination, RelayItem.Packet item) =>
        Assert.Single(destination.StepAccepted(destination.Chain.Factories[0].Create(
            new BridgeDelivery(item.Content, item.Proof, destination.Chain.Acks(item.Content.Payload)))).Events.OfType<AuxiliaryOffered>());

    /// <summary>A round of the three members that keep their keys.</summary>
    private static AuxiliaryPacket Play(LearningWorld world)
    {
        long round = world.Round.Round;
        world.StepAccepted([.. world.Chain.Factories.Take(3).Select(f => f.Create(world.Chain.Contribute(world.First, TestChain.Named($"{f.Member} {round}"))))]);
        while (world.Round.Phase == RoundPhase.Open)
            world.Step();
        var attestation = new Attestation(round, TestChain.Named($"model {round}"), TestChain.Named($"backbone {round}"));
        return world.StepAccepted([.. world.Chain.Factories.Take(3).Select(f => f.Create(attestation))]).Events.OfType<PacketEmitted>().Single().Packet;
    }

    /// <summary>Another key of the fourth member; the header that announces it goes past the relay.</summary>
    private void Rotate(Ed25519Signer key)
    {
        Decide(_skull, new GovernanceAction.RotateKey(KeyPossession.Create(_skullChain.Id, "hospital-3", 0, _skullChain.Id, key)));
        Tell(_skull, _there, _chest);
        Assert.Equal(key.PublicKey, _skull.First.Rules.Members[3].Key);
    }

    private static void Decide(LearningWorld world, GovernanceAction action)
    {
        long sequence = world.First.View.Governance.Sequence;
        var votes = world.Chain.Factories.Take(3).Select(f => f.Create(new GovernanceVote(sequence, action)));
        Assert.Contains(world.Step([.. votes]).Events, e => e is GovernanceDecided);
    }
}
