using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class RoundMachineTests
{
    private static readonly TestChain Chain = new();
    private readonly RoundMachine _machine = new(Chain.Id, Chain.Members, TestChain.Policy, Chain.InitialModel.Digest, TestChain.Verifier);
    private long _height;

    [Fact]
    public void The_first_block_opens_round_one_seeded_by_its_id()
    {
        Assert.True(_machine.WantsBlock);
        var opened = Assert.IsType<RoundOpened>(Assert.Single(End()));
        Assert.Equal(new RoundOpened(1, Chain.InitialModel.Digest, TestChain.Named("block 1"), 6), opened);
        Assert.False(_machine.WantsBlock);
    }

    [Fact]
    public void A_round_closes_when_all_have_contributed_with_contributions_by_seat()
    {
        End();
        foreach (int seat in new[] { 2, 0, 3 })
            Assert.Null(Contribute(seat));
        Assert.Empty(End());
        Assert.Null(Contribute(1));
        var closed = Assert.IsType<RoundClosed>(Assert.Single(End()));
        Assert.Equal(["hospital-0", "hospital-1", "hospital-2", "hospital-3"], closed.Contributions.Select(c => c.Member));
        Assert.Null(closed.Auxiliary);
    }

    [Fact]
    public void At_the_deadline_a_quorum_closes_and_an_idle_chain_asks_for_blocks_until_then()
    {
        End();
        for (int seat = 0; seat < 3; seat++)
            Contribute(seat);
        Assert.True(_machine.WantsBlock);
        for (int i = 0; i < 4; i++)
            Assert.Empty(End());
        Assert.Equal(3, Assert.IsType<RoundClosed>(Assert.Single(End())).Contributions.Count);
        Assert.False(_machine.WantsBlock);
    }

    [Fact]
    public void At_the_deadline_without_a_quorum_the_round_extends()
    {
        End();
        Contribute(0);
        Contribute(1);
        Assert.False(_machine.WantsBlock);
        for (int i = 0; i < 4; i++)
            Assert.Empty(End());
        Assert.Equal(new RoundExtended(1, 11), Assert.Single(End()));
        Assert.Equal(11, _machine.Info.DeadlineHeight);
    }

    [Fact]
    public void Wrong_round_base_sender_and_repeats_are_refused_with_a_reason()
    {
        Assert.Contains("no round is open", Contribute(0));
        End();
        var good = Contribution(0);
        Assert.Contains("round 2", _machine.Apply("hospital-0", good with { Round = 2 }));
        Assert.Contains("starts from", _machine.Apply("hospital-0", good with { Base = TestChain.Named("other") }));
        Assert.Contains("not a member", _machine.Apply("hospital-9", good));
        Assert.Null(_machine.Apply("hospital-0", good));
        Assert.Contains("already contributed", _machine.Apply("hospital-0", Contribution(1)));
    }

    [Fact]
    public void Too_few_repeated_foreign_or_forged_acks_are_refused()
    {
        End();
        var good = Contribution(0);
        Assert.Contains("quorum", Try(good with { Acks = [.. good.Acks.Take(2)] }));
        Assert.Contains("two store acks", Try(good with { Acks = [good.Acks[0], good.Acks[0], good.Acks[1]] }));
        Assert.Contains("is for payload", Try(good with { Payload = TestChain.Named("another") }));
        Assert.Contains("does not verify", Try(good with { Acks = [good.Acks[0], good.Acks[1], good.Acks[2] with { Signature = new byte[64] }] }));
        Assert.Contains("not a member", Try(good with { Acks = [good.Acks[0], good.Acks[1], good.Acks[2] with { Member = "stranger" }] }));
        Assert.Empty(_machine.Info.Contributions);
    }

    [Fact]
    public void A_quorum_of_equal_attestations_finalizes_and_opens_the_next_round_from_that_model()
    {
        Close();
        Assert.Null(Attest(0, "model"));
        Assert.Null(Attest(1, "other"));
        Assert.Null(Attest(2, "model"));
        Assert.Empty(End());
        Assert.Contains("already attested", Attest(0, "model"));
        Assert.Null(Attest(3, "model"));
        var events = End();
        Assert.Equal(new RoundFinalized(1, TestChain.Named("model"), TestChain.Named("backbone of model")), events[0]);
        Assert.Equal(new RoundOpened(2, TestChain.Named("model"), TestChain.Named($"block {_height}"), _height + 5), events[1]);
        Assert.Contains("round 2 is open", Attest(1, "model", round: 1));
    }

    [Fact]
    public void The_policys_last_round_completes_the_training()
    {
        for (int round = 1; round <= 3; round++)
        {
            if (round == 1)
                Close();
            else
                ContributeAllAndEnd();
            for (int seat = 0; seat < 3; seat++)
                Attest(seat, $"model {round}", round);
            Assert.Equal(round == 3, End()[1] is TrainingCompleted);
        }

        Assert.Equal((RoundPhase.Completed, 3L, TestChain.Named("model 3")), (_machine.Info.Phase, _machine.Info.Round, _machine.Info.Base));
        Assert.Contains("completed", Contribute(0));
        Assert.False(_machine.WantsBlock);
    }

    [Fact]
    public void Metrics_count_once_per_member_and_round_and_only_of_final_rounds()
    {
        Close();
        var events = new List<IChainEvent>();
        Assert.Equal(-1, _machine.MeanAucPpm);
        Assert.Contains("last final round is 0", _machine.Apply("hospital-0", new Metrics(1, 800_000, 7), events));
        for (int seat = 0; seat < 3; seat++)
            Attest(seat, "model");
        End();
        Assert.Null(_machine.Apply("hospital-0", new Metrics(1, 800_000, 7), events));
        Assert.Null(_machine.Apply("hospital-1", new Metrics(1, 900_001, 7), events));
        Assert.Contains("already reported", _machine.Apply("hospital-0", new Metrics(1, 850_000, 7), events));
        Assert.Equal(850_000, _machine.MeanAucPpm);
        Assert.Equal(2, events.Count);
    }

    [Fact]
    public void Scheduled_blends_are_taken_one_by_one_when_rounds_close()
    {
        _machine.Schedule(new AuxiliaryBlend(TestChain.Named("a"), 5), []);
        _machine.Schedule(new AuxiliaryBlend(TestChain.Named("b"), 6), []);
        Assert.Equal(new AuxiliaryBlend(TestChain.Named("a"), 5), Close().Auxiliary);
        for (int seat = 0; seat < 3; seat++)
            Attest(seat, "model");
        End();
        Assert.Equal(new AuxiliaryBlend(TestChain.Named("b"), 6), ContributeAllAndEnd().Auxiliary);
    }

    [Fact]
    public void Who_equivocated_contributes_no_more_and_the_round_does_not_wait_for_it()
    {
        End();
        Contribute(0);
        Contribute(3);
        Assert.Equal([new MemberExcluded("hospital-3", 1)], Convict(3));
        Assert.Empty(Convict(3));
        Assert.Equal(["hospital-0"], _machine.Info.Contributions.Select(c => c.Member));
        Assert.Equal(["hospital-3"], _machine.Info.Excluded);
        Assert.Contains("two conflicting statements", Contribute(3));
        Contribute(1);
        Assert.Empty(End());
        Contribute(2);
        Assert.Equal(["hospital-0", "hospital-1", "hospital-2"], Assert.IsType<RoundClosed>(Assert.Single(End())).Contributions.Select(c => c.Member));

        // It still attests: a quorum may need it.
        foreach (int seat in new[] { 0, 1, 3 })
            Assert.Null(Attest(seat, "model"));
        Assert.IsType<RoundFinalized>(End()[0]);
        Assert.Contains("two conflicting statements", Contribute(3));
    }

    [Fact]
    public void Fewer_than_the_policys_quorum_never_close_a_round_even_if_nobody_else_may_contribute()
    {
        End();
        Assert.Single(Convict(3));
        Assert.Single(Convict(2));
        Contribute(0);
        Contribute(1);
        for (int i = 0; i < 4; i++)
            Assert.Empty(End());
        Assert.IsType<RoundExtended>(Assert.Single(End()));
    }

    [Fact]
    public void A_closed_round_stays_as_it_is_and_exclusion_counts_from_the_next()
    {
        Close();
        Assert.Equal([new MemberExcluded("hospital-1", 2)], Convict(1));
        Assert.Equal(4, _machine.Info.Contributions.Count);
    }

    [Fact]
    public void A_policy_may_leave_the_judgement_to_the_members()
    {
        var lenient = new RoundMachine(
            Chain.Id, Chain.Members, TestChain.Policy with { OnEquivocation = EquivocationPolicy.Record }, Chain.InitialModel.Digest, TestChain.Verifier);
        var events = new List<IChainEvent>();
        lenient.Convict("hospital-3", events);
        Assert.Empty(events);
        Assert.Empty(lenient.Info.Excluded);
    }

    [Fact]
    public void A_quorum_that_the_members_cannot_reach_is_a_fault_of_the_genesis() => Assert.Throws<ArgumentException>(() =>
        new RoundMachine(Chain.Id, Chain.Members, TestChain.Policy with { Quorum = 5 }, Digest.Zero, TestChain.Verifier));

    private List<IChainEvent> Convict(int seat)
    {
        var events = new List<IChainEvent>();
        _machine.Convict($"hospital-{seat}", events);
        return events;
    }

    private string? Try(Contribution contribution) => _machine.Check("hospital-0", contribution);

    private RoundClosed Close()
    {
        End();
        return ContributeAllAndEnd();
    }

    private RoundClosed ContributeAllAndEnd()
    {
        for (int seat = 0; seat < 4; seat++)
            Assert.Null(Contribute(seat));
        return Assert.IsType<RoundClosed>(Assert.Single(End()));
    }

    private List<IChainEvent> End()
    {
        var events = new List<IChainEvent>();
        _height++;
        _machine.EndBlock(_height, TestChain.Named($"block {_height}"), events);
        return events;
    }

    private Contribution Contribution(int seat)
    {
        var payload = TestChain.Named($"payload {seat} of {_machine.Info.Round}");
        return new Contribution(_machine.Info.Round, _machine.Info.Base, payload, 10, Chain.Acks(payload));
    }

    private string? Contribute(int seat) => _machine.Apply($"hospital-{seat}", Contribution(seat));

    private string? Attest(int seat, string model, long round = 1) =>
        _machine.Apply($"hospital-{seat}", new Attestation(round, TestChain.Named(model), TestChain.Named($"backbone of {model}")));
}
