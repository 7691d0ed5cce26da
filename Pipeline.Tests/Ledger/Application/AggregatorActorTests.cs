using Akka.Actor;
using Akka.TestKit;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

/// <summary>The aggregator of hospital-0 in virtual time; the test plays replica, exchange and learner.</summary>
public sealed class AggregatorActorTests : PatientTestKit
{
    private static readonly TestChain Source = new(
        "skull", keySet: 1, policy: TestChain.Policy with { BridgeEvery = 1, BridgeGrants = ["chest"] });
    private static readonly TestChain Chain = new("chest", trusted: [Source.Trust()]);
    private static readonly AggregatorSettings Settings = AggregatorSettings.Default;

    private readonly LearningWorld _world = new(Chain);
    private readonly MemoryPayloadStore _store = new();
    private readonly TestProbe _replica;
    private readonly TestProbe _exchange;
    private readonly TestProbe _listener;
    private readonly List<ChainProtocol.BlockApplied> _journal = [];

    public AggregatorActorTests()
        : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
    {
        _store.Put(Chain.InitialModel.ToBytes());
        _replica = CreateTestProbe("replica");
        _exchange = CreateTestProbe("exchange");
        _listener = CreateTestProbe("listener");
    }

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void Nothing_is_done_before_the_replica_has_caught_up_then_the_newest_round_is_acted_on()
    {
        Block();
        PlayRound(out var closed, out _);
        _store.Put(_world.Models[0].ToBytes());
        var aggregator = Start();
        aggregator.Tell(new ChainProtocol.StateAt(_journal.Count, _world.First.Save()));
        _replica.ExpectNoMsg(TimeSpan.Zero);
        aggregator.Tell(new ChainProtocol.CaughtUp(_journal.Count));

        var remembered = _listener.ExpectMsg<LearningProtocol.ChainEvent>();
        Assert.True(remembered.Replayed);
        Assert.Equal(Canonical.Encode(closed), Canonical.Encode(Assert.IsType<RoundClosed>(remembered.Event)));
        _listener.ExpectMsg(new LearningProtocol.CaughtUp(3));
        var ready = _listener.ExpectMsg<LearningProtocol.ModelReady>();
        Assert.Equal((2L, _world.Round.Base, _world.Round.Seed), (ready.Round, ready.Base, ready.Seed));
        Assert.Equal(ready.Base, ready.Model.Digest);
        _replica.ExpectNoMsg(TimeSpan.Zero);
        Assert.Equal(1, closed.Round);
    }

    [Fact]
    public void A_closed_round_is_aggregated_attested_again_and_again_until_a_block_holds_it_and_the_next_model_is_ready()
    {
        var aggregator = StartAtOpenRound();
        var closed = CloseRound(aggregator);
        ServePayloads(aggregator, closed.Contributions.Count);
        var submitted = _replica.ExpectMsg<ChainProtocol.Submit>().Transaction;
        var expected = RoundAggregation.Aggregate(Chain.InitialModel, Chain.Learning.Policy, new MeanRule(), closed, _world.Payloads);
        Assert.Equal(
            new Attestation(1, expected.Model.Digest, expected.Backbone.Digest), Canonical.Decode<Attestation>(submitted.Body));
        Assert.Null(_world.First.Check(submitted));
        Assert.True(_store.Contains(expected.Model.Digest));

        Clock.Advance(Settings.ResubmitInterval);
        Assert.Equal(submitted.Id, _replica.ExpectMsg<ChainProtocol.Submit>().Transaction.Id);
        aggregator.Tell(Block(submitted));
        aggregator.Tell(Block(Attestations(expected, 1, 2)));
        Assert.Equal(2, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Round);
        Clock.Advance(Settings.ResubmitInterval);
        _replica.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void After_a_restart_in_mid_round_the_closed_round_is_finished()
    {
        Block();
        var closed = CloseRound(null);
        var aggregator = Start();
        Replay(aggregator);
        ServePayloads(aggregator, closed.Contributions.Count);
        Assert.Equal(1, Canonical.Decode<Attestation>(_replica.ExpectMsg<ChainProtocol.Submit>().Transaction.Body).Round);
    }

    [Fact]
    public void An_attestation_that_is_on_the_chain_is_not_submitted_again_after_a_restart()
    {
        Block();
        var closed = CloseRound(null);
        var result = RoundAggregation.Aggregate(Chain.InitialModel, Chain.Learning.Policy, new MeanRule(), closed, _world.Payloads);
        Block(Attestations(result, 0));
        var aggregator = Start();
        Replay(aggregator);
        ServePayloads(aggregator, closed.Contributions.Count);
        aggregator.Tell(Block(Attestations(result, 1, 2)));
        Assert.Equal(2, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Round);
        _replica.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_model_that_is_not_in_the_store_is_fetched_by_its_digest_and_kept()
    {
        Block();
        PlayRound(out _, out var result);
        var aggregator = Start();
        Replay(aggregator);
        Assert.Equal(result.Model.Digest, _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload);
        aggregator.Tell(new PayloadProtocol.Fetched(result.Model.Digest, result.Model.ToBytes()));
        Assert.Equal(result.Model.Digest, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Model.Digest);
        Assert.True(_store.Contains(result.Model.Digest));
    }

    [Fact]
    public void A_model_that_nobody_hands_out_is_recomputed_from_the_round_before()
    {
        Block();
        PlayRound(out var closed, out var result);
        var aggregator = Start();
        Replay(aggregator);
        _exchange.ExpectMsg<PayloadProtocol.Fetch>();
        aggregator.Tell(new PayloadProtocol.FetchFailed(result.Model.Digest, "no member answered"));
        ServePayloads(aggregator, closed.Contributions.Count);
        Assert.Equal(result.Model.Digest, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Model.Digest);
        _replica.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_payload_that_cannot_be_fetched_is_asked_for_again()
    {
        var aggregator = StartAtOpenRound();
        var closed = CloseRound(aggregator);
        var asked = Enumerable.Range(0, closed.Contributions.Count).Select(_ => _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload).ToArray();
        aggregator.Tell(new PayloadProtocol.FetchFailed(asked[2], "away"));
        // What follows in the mailbox proves that the failure has been handled before time goes on.
        aggregator.Tell(Block(Chain.Factories[0].Create(new Metrics(1, 1, 1))));
        aggregator.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>();
        Clock.Advance(Settings.RetryInterval);
        Assert.Equal(asked[2], _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload);
    }

    [Fact]
    public void An_exchange_that_forgot_its_questions_is_asked_again()
    {
        var aggregator = StartAtOpenRound();
        var closed = CloseRound(aggregator);
        var asked = Enumerable.Range(0, closed.Contributions.Count).Select(_ => _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload).ToArray();
        aggregator.Tell(new PayloadProtocol.Fetched(asked[0], _world.Payloads[asked[0]]));
        Clock.Advance(Settings.AskAgainInterval);
        ServePayloads(aggregator, closed.Contributions.Count - 1);
        Assert.Equal(1, Canonical.Decode<Attestation>(_replica.ExpectMsg<ChainProtocol.Submit>().Transaction.Body).Round);
    }

    [Fact]
    public void Another_attested_digest_is_reported_and_the_attested_model_is_taken()
    {
        var aggregator = StartAtOpenRound();
        var closed = CloseRound(aggregator);
        ServePayloads(aggregator, closed.Contributions.Count);
        var own = Canonical.Decode<Attestation>(_replica.ExpectMsg<ChainProtocol.Submit>().Transaction.Body);
        var attested = FixedPointModel.FromFloats(TestChain.Layout, new float[TestChain.Layout.Length]);
        var other = new AggregatedRound(1, attested, BackbonePayload.FromModel(attested), 4, []);
        EventFilter.Error(contains: attested.Digest.ToString()).ExpectOne(() => aggregator.Tell(Block(Attestations(other, 1, 2, 3))));
        Assert.Equal(
            new LearningProtocol.Diverged(1, own.Model, attested.Digest), _listener.FishForMessage<LearningProtocol.Diverged>(_ => true));
        Assert.Equal(attested.Digest, _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload);
        aggregator.Tell(new PayloadProtocol.Fetched(attested.Digest, attested.ToBytes()));
        Assert.Equal(attested.Digest, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Base);
    }

    [Fact]
    public void A_full_disk_delays_the_attestation_and_never_lets_it_name_what_is_not_stored()
    {
        var aggregator = StartAtOpenRound();
        _store.FailNext(1);
        var closed = CloseRound(aggregator);
        EventFilter.Error(contains: "Aggregating round 1 failed").ExpectOne(() => ServePayloads(aggregator, closed.Contributions.Count));
        aggregator.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>();
        _replica.ExpectNoMsg(TimeSpan.Zero);
        Clock.Advance(Settings.RetryInterval);
        ServePayloads(aggregator, closed.Contributions.Count);
        var submitted = Canonical.Decode<Attestation>(_replica.ExpectMsg<ChainProtocol.Submit>().Transaction.Body);
        Assert.True(_store.Contains(submitted.Model));
    }

    [Fact]
    public void The_last_rounds_model_is_told_as_final()
    {
        Block();
        for (int round = 1; round <= Chain.Learning.Policy.Rounds; round++)
            PlayRound(out _, out _);
        _store.Put(_world.Models[0].ToBytes());
        var aggregator = Start();
        Replay(aggregator);
        var final = _listener.FishForMessage<LearningProtocol.FinalModelReady>(_ => true);
        Assert.Equal((3L, _world.Round.Base), (final.Round, final.Model.Digest));
    }

    [Fact]
    public void An_offered_backbone_is_fetched_checked_and_handed_to_the_learner()
    {
        var aggregator = StartAtOpenRound();
        var packet = Offer(out var payload);
        aggregator.Tell(_journal[^1]);
        Assert.Equal(packet.Payload, _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload);
        aggregator.Tell(new PayloadProtocol.Fetched(packet.Payload, payload));
        var ready = _listener.FishForMessage<LearningProtocol.AuxiliaryReady>(_ => true);
        Assert.Equal(packet, ready.Packet);
        Assert.Equal(packet.Payload, ready.Backbone.Digest);
    }

    [Fact]
    public void An_offer_is_judged_after_a_restart_unless_the_own_vote_is_on_the_chain()
    {
        Block();
        var packet = Offer(out _);
        Block(Chain.Factories[1].Create(new GateVote(packet.SourceChain, packet.Sequence, true)));
        Replay(Start());
        Assert.Equal(packet.Payload, _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload);
        _listener.FishForMessage<LearningProtocol.ModelReady>(m => m.Round == 1);
        Block(Chain.Factories[0].Create(new GateVote(packet.SourceChain, packet.Sequence, false)));
        Replay(Start());
        _listener.FishForMessage<LearningProtocol.ModelReady>(m => m.Round == 1);
        _exchange.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Payloads_of_rounds_long_final_are_deleted_once_a_snapshot_covers_them_but_never_the_first_model()
    {
        var aggregator = Start(Settings with { KeepRounds = 1 });
        aggregator.Tell(Block());
        aggregator.Tell(new ChainProtocol.CaughtUp(1));
        Assert.Equal(1, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Round);
        RoundClosed first = null!;
        for (int round = 1; round <= 2; round++)
        {
            var closed = CloseRound(aggregator);
            foreach (var contribution in closed.Contributions)
                _store.Put(_world.Payloads[contribution.Payload]);
            first ??= closed;
            ServePayloads(aggregator, closed.Contributions.Count);
            _replica.ExpectMsg<ChainProtocol.Submit>();
            var result = RoundAggregation.Aggregate(_world.Models[0], Chain.Learning.Policy, new MeanRule(), closed, _world.Payloads);
            Advance(result);
            aggregator.Tell(Block(Attestations(result, 0, 1, 2)));
            Assert.Equal(round + 1, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Round);
        }

        aggregator.Tell(new ChainProtocol.SnapshotTaken(_journal.Count - 1));
        aggregator.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>();
        Assert.All(first.Contributions, c => Assert.True(_store.Contains(c.Payload)));
        aggregator.Tell(new ChainProtocol.SnapshotTaken(_journal.Count));
        AwaitCondition(() => first.Contributions.All(c => !_store.Contains(c.Payload)));
        Assert.True(_store.Contains(Chain.InitialModel.Digest));
    }

    [Fact]
    public void Payloads_of_a_member_that_had_them_erased_go_at_once_and_those_of_a_closed_round_when_it_is_final()
    {
        PlayFirst(out var first);
        var aggregator = Start();
        Replay(aggregator);
        var closed = CloseRound(aggregator);
        foreach (var contribution in closed.Contributions)
            _store.Put(_world.Payloads[contribution.Payload]);
        aggregator.Tell(Block(Chain.Factories[2].Create(new Withdrawal(2, Erase: true))));

        Digest earlier = first.Contributions[2].Payload, later = closed.Contributions[2].Payload;
        AwaitCondition(() => !_store.Contains(earlier));
        Assert.True(_store.Contains(later));
        var result = RoundAggregation.Aggregate(_world.Models[0], Chain.Learning.Policy, new MeanRule(), closed, _world.Payloads);
        aggregator.Tell(Block(Attestations(result, 0, 1, 2)));
        AwaitCondition(() => !_store.Contains(later));
        Assert.All(first.Contributions.Concat(closed.Contributions).Where(c => c.Member != "hospital-2"), c => Assert.True(_store.Contains(c.Payload)));
    }

    /// <summary>Round 1, with its payloads and its model in the store.</summary>
    private void PlayFirst(out RoundClosed closed)
    {
        Block();
        PlayRound(out closed, out _);
        _store.Put(_world.Models[0].ToBytes());
        foreach (var contribution in closed.Contributions)
            _store.Put(_world.Payloads[contribution.Payload]);
    }

    private IActorRef Start(AggregatorSettings? settings = null)
    {
        var aggregator = Sys.ActorOf(AggregatorActor.Props(Chain.Genesis, Chain.Factories[0], _store, _replica, _exchange, _listener, settings));
        Assert.Equal(aggregator, _replica.ExpectMsg<ChainProtocol.Follow>().Subscriber);
        return aggregator;
    }

    private IActorRef StartAtOpenRound()
    {
        var aggregator = Start();
        aggregator.Tell(Block());
        aggregator.Tell(new ChainProtocol.CaughtUp(1));
        Assert.Equal(1, _listener.FishForMessage<LearningProtocol.ModelReady>(_ => true).Round);
        return aggregator;
    }

    private void Replay(IActorRef aggregator)
    {
        aggregator.Tell(new ChainProtocol.StateAt(_journal.Count, _world.First.Save()));
        aggregator.Tell(new ChainProtocol.CaughtUp(_journal.Count));
    }

    /// <summary>A packet of the other chain's first round, delivered in a block.</summary>
    private AuxiliaryPacket Offer(out byte[] payload)
    {
        var source = new LearningWorld(Source);
        source.Step();
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        source.Step();
        var applied = Block(Chain.Factories[2].Create(source.Relay(emitted, _world)));
        payload = source.Payloads[emitted.Packet.Payload];
        return Assert.IsType<AuxiliaryOffered>(Assert.Single(applied.Outcome.Events)).Packet;
    }

    private ChainProtocol.BlockApplied Block(params Transaction[] transactions)
    {
        var block = Chain.NextBlock(_world.First, transactions);
        var outcome = _world.Step(transactions);
        var applied = new ChainProtocol.BlockApplied(
            new CommittedBlock(block, Chain.Certify(block.Header).Certificate), outcome, _world.First.StateRoot);
        _journal.Add(applied);
        return applied;
    }

    private RoundClosed CloseRound(IActorRef? aggregator)
    {
        var contributions = Chain.Factories.Select((factory, seat) =>
        {
            byte[] bytes = Canonical.Encode(Chain.Update(_world.Round.Round, _world.Round.Base, ((int)_world.Round.Round * 10) + seat));
            _world.Payloads[Digest.Of(bytes)] = bytes;
            return factory.Create(Chain.Contribute(_world.First, Digest.Of(bytes)));
        }).ToArray();
        var applied = Block(contributions);
        aggregator?.Tell(applied);
        return applied.Outcome.Events.OfType<RoundClosed>().Single();
    }

    private void PlayRound(out RoundClosed closed, out AggregatedRound result)
    {
        closed = CloseRound(null);
        result = RoundAggregation.Aggregate(_world.Models[0], Chain.Learning.Policy, new MeanRule(), closed, _world.Payloads);
        Advance(result);
        Block(Attestations(result, 1, 2, 3));
    }

    private void Advance(AggregatedRound result) => Array.Fill(_world.Models, result.Model);

    private void ServePayloads(IActorRef aggregator, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var asked = _exchange.ExpectMsg<PayloadProtocol.Fetch>().Payload;
            aggregator.Tell(new PayloadProtocol.Fetched(asked, _world.Payloads[asked]));
        }
    }

    private static Transaction[] Attestations(AggregatedRound result, params int[] seats) =>
        [.. seats.Select(s => Chain.Factories[s].Create(new Attestation(result.Round, result.Model.Digest, result.Backbone.Digest)))];
}
