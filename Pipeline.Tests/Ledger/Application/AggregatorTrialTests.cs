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

/// <summary>The aggregator of hospital-0 through a trial, beside three members that need none; the exchange hands out what members have.</summary>
public sealed class AggregatorTrialTests : PatientTestKit
{
    private static readonly TestChain Chain = LearningTrialTests.Chain;

    private readonly LearningWorld _source = new(LearningTrialTests.Source);
    private readonly LearningWorld _world = new(Chain);
    private readonly TestProbe _replica;
    private readonly TestProbe _exchange;
    private readonly TestProbe _listener;
    private readonly HashSet<Digest> _nobodyHas = [];
    private readonly List<Digest> _offeredModels = [];
    private int _told;

    public AggregatorTrialTests()
        : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
    {
        _replica = CreateTestProbe("replica");
        _exchange = CreateTestProbe("exchange");
        _listener = CreateTestProbe("listener");
        _exchange.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
        {
            if (message is PayloadProtocol.Fetch fetch)
            {
                lock (_world.Payloads)
                {
                    sender.Tell(
                        _nobodyHas.Contains(fetch.Payload) ? new PayloadProtocol.FetchFailed(fetch.Payload, "nobody has it")
                        : _world.Payloads.TryGetValue(fetch.Payload, out byte[]? payload) ? new PayloadProtocol.Fetched(fetch.Payload, payload)
                        : new PayloadProtocol.Fetched(fetch.Payload, _world.Known[fetch.Payload].ToBytes()));
                }
            }

            return AutoPilot.KeepRunning;
        }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_trains_both_branches_in_turn_judges_both_models_once_and_goes_on_from_what_members_chose(bool accept)
    {
        var (aggregator, _) = StartAtTrial();
        (long, long, TrialSide)[] branches = [(2, 2, TrialSide.Offered), (3, 0, TrialSide.Own), (4, 2, TrialSide.Offered), (5, 0, TrialSide.Own)];
        foreach (var (round, branch, side) in branches)
        {
            AssertReady(round, new RoundBranch(branch, side));
            PlayRound(aggregator);
        }

        var models = _listener.FishForMessage<LearningProtocol.TrialModelsReady>(_ => true);
        var trial = _world.Round.Trial!;
        Assert.Equal((2L, trial.Own, trial.Offered), (models.Began, models.Own.Digest, models.Offered.Digest));
        Step(aggregator);
        Vote(aggregator, accept);
        AssertReady(6, new RoundBranch(accept ? 2 : 0, TrialSide.None));
        Assert.Equal(accept ? trial.Offered : trial.Own, _world.Round.Base);
        PlayRound(aggregator);
        // Nothing is judged again.
        _listener.FishForMessage<object>(m => m is LearningProtocol.ModelReady { Round: 7 } || (m is LearningProtocol.TrialModelsReady ? throw new InvalidOperationException($"{m}") : false));
    }

    /// <summary>One that was down in mid-trial has its store; one that joins by a snapshot has nothing but what others hand out.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_starts_in_mid_trial_is_told_what_the_others_are(bool hasStore)
    {
        var (aggregator, store) = StartAtTrial();
        for (long round = 2; round <= 5; round++)
        {
            AssertReady(round, _world.Round.Branch);
            Assert.Equal(_world.Round.Base, Restarted().FishForMessage<LearningProtocol.ModelReady>(m => m.Round == round).Model.Digest);
            CloseRound(aggregator);
            // The one that comes now has to aggregate the round, and from that branch's model.
            var submitted = Attestation(_replica, round);
            Restarted();
            Assert.Equal(submitted.Id, Attestation(_replica, round).Id);
            Finalize(aggregator, submitted);
        }

        var trial = _world.Round.Trial!;
        Assert.Equal(trial.Offered, _listener.FishForMessage<LearningProtocol.TrialModelsReady>(_ => true).Offered.Digest);
        var models = Restarted().FishForMessage<LearningProtocol.TrialModelsReady>(_ => true);
        Assert.Equal((2L, trial.Own, trial.Offered), (models.Began, models.Own.Digest, models.Offered.Digest));

        // Its vote is on the chain: there is nothing to judge.
        Step(aggregator, Chain.Factories[0].Create(new TrialVote(2, 4)));
        var listener = Restarted();
        Vote(aggregator, accept: true, 1, 2);
        listener.FishForMessage<LearningProtocol.CaughtUp>(_ => true);
        listener.ExpectNoMsg(TimeSpan.Zero);
        Assert.Equal(trial.Offered, Restarted().FishForMessage<LearningProtocol.ModelReady>(m => m.Round == 6).Model.Digest);

        TestProbe Restarted() => Join(hasStore ? store : NewStore());
    }

    [Fact]
    public void The_model_of_a_branch_that_nobody_hands_out_is_computed_from_that_branchs_round()
    {
        var (aggregator, _) = StartAtTrial();
        for (int round = 2; round <= 4; round++)
            PlayRound(aggregator);

        // Round 5 starts from what round 3 came to; round 4 was the other branch's.
        _nobodyHas.Add(_world.Round.Base);
        var store = NewStore();
        store.Put(_world.Known[_world.Round.Finals[^2].Model].ToBytes());
        Assert.Equal(_world.Round.Base, Join(store).FishForMessage<LearningProtocol.ModelReady>(m => m.Round == 5).Model.Digest);

        PlayRound(aggregator);
        var trial = _world.Round.Trial!;
        _nobodyHas.Clear();
        _nobodyHas.Add(trial.Offered);
        store = NewStore();
        store.Put(_world.Known[_offeredModels[0]].ToBytes());
        Assert.Equal(trial.Offered, Join(store).FishForMessage<LearningProtocol.TrialModelsReady>(_ => true).Offered.Digest);
    }

    [Fact]
    public void Models_of_both_branches_are_kept_as_long_as_either_may_go_on_and_the_others_are_deleted()
    {
        var (aggregator, store) = StartAtTrial(AggregatorSettings.Default with { KeepRounds = 1 });
        for (int round = 2; round <= 5; round++)
        {
            PlayRound(aggregator);
            Snapshot(aggregator);
            Assert.All(
                new[] { _world.Round.Base, _world.Round.Trial!.Own, _world.Round.Trial.Offered, _world.Round.Finals[^1].Model }, model => Assert.True(store.Contains(model)));
        }

        var trial = _world.Round.Trial!;
        Digest earlier = _world.Round.Finals[^2].Model;
        Assert.True(store.Contains(earlier) && store.Contains(_offeredModels[0]));
        Vote(aggregator, accept: false);
        Snapshot(aggregator);
        AwaitCondition(() => !store.Contains(trial.Offered));
        Assert.True(store.Contains(trial.Own));
        PlayRound(aggregator);
        Snapshot(aggregator);
        AwaitCondition(() => !store.Contains(earlier) && !store.Contains(_offeredModels[0]));
        Assert.True(store.Contains(trial.Own) && store.Contains(_world.Round.Base) && store.Contains(Chain.InitialModel.Digest));
    }

    private static MemoryPayloadStore NewStore()
    {
        var store = new MemoryPayloadStore();
        store.Put(Chain.InitialModel.ToBytes());
        return store;
    }

    private (IActorRef Aggregator, MemoryPayloadStore Store) StartAtTrial(AggregatorSettings? settings = null)
    {
        var store = NewStore();
        var aggregator = Start(store, _listener, settings);
        Step(aggregator);
        aggregator.Tell(new ChainProtocol.CaughtUp(1));
        _world.Accept(_source);
        Tell(aggregator);
        PlayRound(aggregator);
        Assert.Equal(2, _world.Round.Trial!.Began);
        return (aggregator, store);
    }

    private IActorRef Start(MemoryPayloadStore store, TestProbe listener, AggregatorSettings? settings = null)
    {
        var aggregator = Sys.ActorOf(AggregatorActor.Props(Chain.Genesis, Chain.Factories[0], store, _replica, _exchange, listener, settings));
        _replica.FishForMessage<ChainProtocol.Follow>(f => f.Subscriber.Equals(aggregator));
        return aggregator;
    }

    /// <summary>A second run of hospital-0's aggregator, from the newest state.</summary>
    private TestProbe Join(MemoryPayloadStore store)
    {
        var listener = CreateTestProbe();
        var aggregator = Start(store, listener);
        aggregator.Tell(new ChainProtocol.StateAt(_world.First.Height, _world.First.Save()));
        aggregator.Tell(new ChainProtocol.CaughtUp(_world.First.Height));
        return listener;
    }

    private void AssertReady(long round, RoundBranch branch)
    {
        var ready = _listener.FishForMessage<LearningProtocol.ModelReady>(m => m.Round == round);
        Assert.Equal((branch, _world.Round.Base, _world.Round.Base), (ready.Branch, ready.Base, ready.Model.Digest));
    }

    private void PlayRound(IActorRef aggregator)
    {
        long round = _world.Round.Round;
        CloseRound(aggregator);
        Finalize(aggregator, Attestation(_replica, round));
    }

    private void CloseRound(IActorRef aggregator)
    {
        lock (_world.Payloads)
            _world.CloseRound();
        Tell(aggregator);
    }

    private static Transaction Attestation(TestProbe replica, long round) => replica.FishForMessage<ChainProtocol.Submit>(
        s => s.Transaction.Kind == LearningTransactions.Attestation && Canonical.Decode<Attestation>(s.Transaction.Body).Round == round).Transaction;

    private void Finalize(IActorRef aggregator, Transaction own)
    {
        var side = _world.Round.Branch.Side;
        lock (_world.Payloads)
            _world.AttestRound();
        var attested = Canonical.Decode<Attestation>(own.Body).Model;
        Assert.Contains(own.Id, _world.History[^1].Block.Block.Transactions.Select(t => t.Id));
        if (side == TrialSide.Offered)
            _offeredModels.Add(attested);
        Tell(aggregator);
    }

    private void Vote(IActorRef aggregator, bool accept, params int[] seats)
    {
        _world.Judge(accept, seats);
        Tell(aggregator);
    }

    private void Step(IActorRef aggregator, params Transaction[] transactions)
    {
        _world.StepAccepted(transactions);
        Tell(aggregator);
    }

    /// <summary>The replica tells of what is new, in order.</summary>
    private void Tell(IActorRef aggregator)
    {
        for (; _told < _world.History.Count; _told++)
            aggregator.Tell(_world.History[_told]);
    }

    private void Snapshot(IActorRef aggregator)
    {
        aggregator.Tell(new ChainProtocol.SnapshotTaken(_world.First.Height));
        aggregator.Tell(new Identify(1), TestActor);
        ExpectMsg<ActorIdentity>();
    }
}
