using CsCheck;
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

public sealed class LearningApplicationTests
{
    private static readonly RoundPolicy Policy = TestChain.Policy with { Rounds = 4 };
    private static readonly TestChain Source = new("skull", keySet: 1, policy: Policy with { BridgeEvery = 2, BridgeGrants = ["chest"] });
    private static readonly TestChain Target = new("chest", policy: Policy, trusted: [Source.Trust()]);

    [Fact]
    public void Four_members_train_four_rounds_to_one_model()
    {
        var world = new LearningWorld(new TestChain(policy: Policy));
        Assert.True(world.First.WantsBlock);
        Assert.IsType<RoundOpened>(Assert.Single(world.Step().Events));
        for (int round = 1; round <= 4; round++)
        {
            Assert.Equal((RoundPhase.Open, round), (world.Round.Phase, world.Round.Round));
            var events = world.PlayRound().Events;
            Assert.Equal(world.Models[0].Digest, Assert.IsType<RoundFinalized>(events[0]).Model);
            Assert.All(world.Models, m => Assert.Equal(world.Round.Base, m.Digest));
        }

        Assert.Equal(RoundPhase.Completed, world.Round.Phase);
        Assert.NotEqual(world.Chain.InitialModel.Digest, world.Round.Base);
        Assert.NotEmpty(world.Models[0].Weights.Where((w, i) => w != world.Chain.InitialModel.Weights[i]));
    }

    [Fact]
    public void A_backbone_crosses_the_bridge_is_voted_in_and_moves_the_other_chains_model()
    {
        var source = new LearningWorld(Source);
        var target = new LearningWorld(Target);
        var alone = new LearningWorld(Target);
        source.Step();
        target.Step();
        alone.Step();
        Assert.DoesNotContain(source.PlayRound().Events, e => e is PacketEmitted);
        source.StepAccepted([.. Source.Factories.Select(f => f.Create(new Metrics(1, 700_000, 5)))]);
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        Assert.Equal(
            ("chest", 1L, 2L, 4, 700_000, source.Models[0].Digest),
            (emitted.Packet.Destination, emitted.Packet.Sequence, emitted.Packet.Round, emitted.Packet.Contributors, emitted.Packet.AucPpm, emitted.Packet.Model));
        Assert.Equal(source.Payloads[emitted.Packet.Payload].Length, emitted.Packet.PayloadBytes);

        // The header of the emitting block does not cover its packet; the one above does.
        Assert.Throws<ArgumentException>(() => source.Relay(emitted, target));
        Assert.True(source.First.WantsBlock);
        source.Step();
        Assert.False(source.First.WantsBlock);
        var delivery = source.Relay(emitted, target);
        Assert.IsType<AuxiliaryOffered>(Assert.Single(target.StepAccepted(Target.Factories[2].Create(delivery)).Events));
        Assert.Contains("already consumed", target.Step(Target.Factories[1].Create(delivery)).Receipts[0].Refusal);

        var votes = Target.Factories.Take(3).Select(f => f.Create(new GateVote(Source.Id, 1, true)));
        Assert.IsType<AuxiliaryAccepted>(Assert.Single(target.StepAccepted([.. votes]).Events));
        target.PlayRound();
        alone.PlayRound();
        Assert.All(target.Models, m => Assert.Equal(target.Round.Base, m.Digest));

        // α = 1/4 on the backbone; norms and head as without the bridge.
        int[] own = alone.Models[0].Weights, blended = target.Models[0].Weights, other = source.Models[0].Weights;
        var map = TestChain.Layout.Coordinates;
        for (int i = 0; i < own.Length; i++)
            Assert.Equal(map.ToBackbone(i) < 0 ? own[i] : own[i] + (0.25 * ((double)other[i] - own[i])), blended[i], 0.5);
    }

    [Fact]
    public void Any_stream_of_transactions_gives_every_replica_the_same_roots_and_check_agrees_with_apply()
    {
        var source = new LearningWorld(Source);
        source.Step();
        source.PlayRound();
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        source.Step();
        var delivery = source.Relay(emitted, new LearningWorld(Target));
        var reached = new System.Collections.Concurrent.ConcurrentDictionary<Type, bool>();
        Gen.Int[0, 1 << 30].Sample(
            seed =>
            {
                var random = new Random(seed);
                var chain = Target;
                LearningApplication[] replicas = [chain.Start(), chain.Start(), chain.Start()];
                for (int height = 1; height <= 25; height++)
                {
                    Transaction[] transactions = [.. Enumerable.Range(0, random.Next(5)).Select(_ => AnyTransaction(random, chain, replicas[0], delivery))];
                    string? first = transactions.Length == 0 ? null : replicas[0].Check(transactions[0]);
                    var block = chain.NextBlock(replicas[0], transactions);
                    var outcomes = replicas.Select(r => r.Apply(block)).ToArray();
                    Assert.All(replicas, r => Assert.Equal((replicas[0].StateRoot, replicas[0].OutboxRoot), (r.StateRoot, r.OutboxRoot)));
                    if (transactions.Length > 0)
                        Assert.Equal(first, outcomes[0].Receipts[0].Refusal);
                    foreach (var happened in outcomes[0].Events)
                        reached[happened.GetType()] = true;
                }
            },
            iter: 60);

        // The streams are worth something: they get through rounds and offers.
        Type[] expected = [typeof(RoundFinalized), typeof(RoundExtended), typeof(AuxiliaryAccepted), typeof(AuxiliaryRefused)];
        Assert.All(expected, type => Assert.Contains(type, reached.Keys));
    }

    [Fact]
    public void Every_effect_and_every_empty_block_changes_the_state_root()
    {
        var application = Target.Start();
        var seen = new HashSet<Digest> { application.StateRoot };
        Target.Apply(application);
        Assert.True(seen.Add(application.StateRoot));
        Target.Apply(application);
        Assert.True(seen.Add(application.StateRoot));
        var sibling = Target.Start();
        Target.Apply(sibling);
        Target.Apply(sibling, Target.Factories[0].Create(Target.Contribute(sibling, TestChain.Named("p"))));
        Assert.True(seen.Add(sibling.StateRoot));
    }

    [Fact]
    public void A_block_of_another_height_is_a_fault()
    {
        var application = Target.Start();
        var block = Target.NextBlock(application);
        application.Apply(block);
        Assert.Throws<InvalidOperationException>(() => application.Apply(block));
    }

    [Fact]
    public void Forged_foreign_malformed_and_unknown_transactions_have_no_effect()
    {
        var application = Target.Start();
        Target.Apply(application);
        var good = Target.Factories[0].Create(Target.Contribute(application, TestChain.Named("p")));
        var foreign = Source.Factories[0].Create(Source.Contribute(application, TestChain.Named("p")));
        var malformed = Transaction.Create(Target.Id, LearningTransactions.Contribution, "hospital-0", 0, [0x80], Target.Signers[0]);
        var unknown = Transaction.Create(Target.Id, 99, "hospital-0", 0, [], Target.Signers[0]);
        var refusals = Target.Apply(application, good with { Sender = "hospital-1" }, foreign, malformed, unknown).Receipts
            .Select(r => r.Refusal).ToArray();
        Assert.Contains("does not verify", refusals[0]);
        Assert.Contains("made for chain", refusals[1]);
        Assert.Contains("Contribution", refusals[2]);
        Assert.Contains("kind 99", refusals[3]);
        Assert.Empty(application.View.Round.Contributions);
        Assert.Null(application.Check(good));
    }

    [Fact]
    public void A_genesis_of_something_else_is_refused() => Assert.Throws<ArgumentException>(() =>
        LearningApplication.Create(Target.Genesis with { Application = [0x80] }, TestChain.Verifier));

    [Fact]
    public void An_earlier_view_stays_as_it_was()
    {
        var application = Target.Start();
        var before = application.View;
        Target.Apply(application);
        Assert.Equal((0L, RoundPhase.Waiting), (before.Height, before.Round.Phase));
        Assert.Equal((1L, RoundPhase.Open), (application.View.Height, application.View.Round.Phase));
    }

    [Fact]
    public void A_payload_that_answers_another_round_or_is_named_twice_is_left_out_by_all()
    {
        var world = new LearningWorld(Target);
        var stale = Target.Update(7, world.Models[0].Digest, 1);
        var fine = Target.Update(1, world.Models[0].Digest, 2);
        byte[] staleBytes = Canonical.Encode(stale), fineBytes = Canonical.Encode(fine);
        var closed = new RoundClosed(
            1, world.Models[0].Digest,
            [new("hospital-0", Digest.Of(staleBytes)), new("hospital-1", Digest.Of(fineBytes)), new("hospital-2", Digest.Of(fineBytes))], null);
        var payloads = new Dictionary<Digest, byte[]> { [Digest.Of(staleBytes)] = staleBytes, [Digest.Of(fineBytes)] = fineBytes };
        var result = RoundAggregation.Aggregate(world.Models[0], Policy, new MeanRule(), closed, payloads);
        Assert.Equal(1, result.Used);
        Assert.Equal(["hospital-0", "hospital-2"], result.Excluded.Select(e => e.Member));
    }

    [Fact]
    public void Evidence_on_the_chain_excludes_its_member_from_contributing_in_the_same_block_and_forged_evidence_nobody()
    {
        var application = Target.Start();
        Target.Apply(application);
        var statements = new[] { TestChain.Named("a"), TestChain.Named("b") }.Select(id => new ConflictingStatement(id, -1, Target.Signers[3].Sign(
            SignedStatement.Bytes(StatementType.Precommit, Target.Id, 0, 1, 0, id)))).ToArray();
        var evidence = Equivocation.Of(StatementType.Precommit, 0, 1, 0, 3, statements[0], statements[1]);
        var contributions = new[] { 1, 3 }.Select(seat => Target.Factories[seat].Create(Target.Contribute(application, TestChain.Named($"{seat}"))));
        var block = Target.NextBlock(application, [.. contributions]);

        var outcome = application.Apply(block with { Evidence = [Canonical.Encode(evidence), Canonical.Encode(evidence with { Seat = 1 }), [0x80]] });

        Assert.Equal(
            [new EquivocationProved("hospital-3", StatementType.Precommit, 1, 0), new MemberExcluded("hospital-3", 1)], outcome.Events.Take(2));
        Assert.Null(outcome.Receipts[0].Refusal);
        Assert.Contains("two conflicting statements", outcome.Receipts[1].Refusal);
        Assert.Equal(["hospital-3"], application.View.Round.Excluded);
        var sibling = Target.Start();
        Target.Apply(sibling);
        sibling.Apply(block);
        Assert.NotEqual(sibling.StateRoot, application.StateRoot);

        var readmit = new GovernanceVote(1, new GovernanceAction.Readmit("hospital-3"));
        Assert.Contains("not excluded", application.Check(Target.Factories[0].Create(readmit with { Action = new GovernanceAction.Readmit("hospital-2") })));
        outcome = Target.Apply(application, [.. Target.Factories.Take(3).Select(f => f.Create(readmit))]);
        Assert.Equal(new MemberReadmitted("hospital-3"), outcome.Events[^1]);
        Assert.Null(application.Check(Target.Factories[3].Create(Target.Contribute(application, TestChain.Named("3")))));
    }

    private static Transaction AnyTransaction(
        Random random, TestChain chain, LearningApplication application, BridgeDelivery delivery)
    {
        int seat = random.Next(chain.Factories.Length);
        var factory = chain.Factories[seat];
        long round = application.View.Round.Round + (random.Next(8) == 0 ? 1 : 0);
        var payload = TestChain.Named($"payload {random.Next(20)}");
        return random.Next(6) switch
        {
            0 or 1 or 2 when application.View.Round.Phase != RoundPhase.Closed => factory.Create(
                new Contribution(Math.Max(1, round), application.View.Round.Base, payload, 10, chain.Acks(payload, random.Next(10) == 0 ? 2 : 3))),
            0 or 1 or 2 => factory.Create(
                new Attestation(Math.Max(1, round), TestChain.Named($"model {round} {random.Next(10) / 9}"), TestChain.Named("backbone"))),
            3 => factory.Create(new Metrics(1 + random.Next(3), random.Next(1_000_000), 4), random.Next(1000)),
            4 when random.Next(4) == 0 => factory.Create(delivery, random.Next(1000)),
            4 => factory.Create(new GateVote(Source.Id, 1, random.Next(3) != 0)),
            _ => Transaction.Create(chain.Id, random.Next(10), factory.Member, random.Next(1000), [(byte)random.Next(256)], chain.Signers[seat]),
        };
    }
}
