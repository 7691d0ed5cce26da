using Pipeline.Actors.Training;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>Of two rounds a branch, on a chain of twenty rounds of which trials may take ten.</summary>
public sealed class TrialTests
{
    private readonly TrialBench _bench = new();

    private static Digest Model(long round) => TestChain.Named($"model {round}");

    [Fact]
    public void A_trial_begins_when_a_round_opens_and_its_branches_take_turns_from_one_model()
    {
        _bench.End();
        _bench.Schedule();
        Assert.Null(_bench.Close().Auxiliary);
        foreach (var member in _bench.Members.Members)
            _bench.Attest(member.Id);
        var events = _bench.End();
        Assert.Equal(new TrialBegan(2, TrialBench.Blend()), events[1]);
        Assert.Equal((2L, Model(1), new RoundBranch(2, TrialSide.Offered)), Opened(events));
        Assert.Equal(TrialBench.Blend(), _bench.Close().Auxiliary);
        foreach (var member in _bench.Members.Members)
            _bench.Attest(member.Id);
        Assert.Equal((3L, Model(1), new RoundBranch(0, TrialSide.Own)), Opened(_bench.End()));
        Assert.Null(_bench.Close().Auxiliary);
        foreach (var member in _bench.Members.Members)
            _bench.Attest(member.Id);
        Assert.Equal((4L, Model(2), new RoundBranch(2, TrialSide.Offered)), Opened(_bench.End()));
        Assert.Null(_bench.Close().Auxiliary);
        foreach (var member in _bench.Members.Members)
            _bench.Attest(member.Id);
        Assert.Equal((5L, Model(3), new RoundBranch(0, TrialSide.Own)), Opened(_bench.End()));

        events = _bench.Play();
        Assert.Equal([new RoundFinalized(5, Model(5), TestChain.Named("backbone 5")), new TrialReady(2, Model(5), Model(4), _bench.Height + 5)], events);
        Assert.Equal((RoundPhase.Judging, 5L, Model(5)), (_bench.Info.Phase, _bench.Info.Round, _bench.Info.Base));
        Assert.Equal((2L, 2, 2, 2), (_bench.Info.Trial!.Began, _bench.Info.Trial.Rounds, _bench.Info.Trial.OwnRounds, _bench.Info.Trial.OfferedRounds));
    }

    [Fact]
    public void Where_the_votes_gain_enough_the_offered_branch_goes_on_in_the_same_block_and_its_rounds_are_those_descended_from()
    {
        Ready();
        Assert.Null(_bench.Vote(3, false));
        Assert.Null(_bench.Vote(0, true));
        Assert.Null(_bench.Vote(1, true));
        Assert.Contains("already voted", _bench.Vote(1, false));
        Assert.Empty(_bench.End());
        Assert.Equal([new("hospital-0", 4), new("hospital-1", 4), new TrialGain("hospital-3", -4)], _bench.Info.Trial!.Votes);
        Assert.Null(_bench.Vote(2, true));
        var events = _bench.End();
        Assert.Equal(new TrialEnded(2, true, Model(4), "it gains 20 points of AUC in the middle of 4 votes, and 8 are needed"), events[0]);
        Assert.Equal((6L, Model(4), new RoundBranch(2, TrialSide.None)), Opened(events));
        Assert.Equal([1L, 2, 4], _bench.Info.Finals.Select(f => f.Round));
        Assert.Null(_bench.Info.Trial);
        Assert.Equal(new RoundBranch(2, TrialSide.None), _bench.Info.Branch);
    }

    [Fact]
    public void Where_the_votes_gain_too_little_the_own_branch_goes_on()
    {
        Ready();
        foreach (int seat in new[] { 0, 1, 2 })
            Assert.Null(_bench.Vote(seat, false));
        // What the fourth says can change nothing.
        var events = _bench.End();
        Assert.Equal(new TrialEnded(2, false, Model(5), "it gains -20 points of AUC in the middle of 3 votes, and 8 are needed"), events[0]);
        Assert.Equal((6L, Model(5), new RoundBranch(0, TrialSide.None)), Opened(events));
        Assert.Equal([1L, 3, 5], _bench.Info.Finals.Select(f => f.Round));
    }

    [Fact]
    public void By_the_deadline_those_decide_who_have_voted()
    {
        Ready();
        Assert.False(_bench.Machine.WantsBlock);
        Assert.Null(_bench.Vote(0, true));
        Assert.Null(_bench.Vote(1, true));
        Assert.False(_bench.Machine.WantsBlock);
        Assert.Null(_bench.Vote(2, false));
        // Nobody knows what the fourth will say, and the deadline needs blocks.
        Assert.True(_bench.Machine.WantsBlock);
        for (int i = 0; i < 4; i++)
            Assert.Empty(_bench.End());
        Assert.Equal(new TrialEnded(2, true, Model(4), "it gains 20 points of AUC in the middle of 3 votes, and 8 are needed"), _bench.End()[0]);
        Assert.Equal((RoundPhase.Open, 6L), (_bench.Info.Phase, _bench.Info.Round));
    }

    [Fact]
    public void By_the_deadline_without_a_quorum_the_own_branch_goes_on()
    {
        Ready();
        Assert.Null(_bench.Vote(0, true));
        Assert.Null(_bench.Vote(1, true));
        for (int i = 0; i < 4; i++)
            Assert.Empty(_bench.End());
        Assert.Equal(new TrialEnded(2, false, Model(5), "2 of 4 members had voted by the deadline, 3 were needed"), _bench.End()[0]);
    }

    [Theory]
    [InlineData(new[] { 20, 1, 1, 1 }, false)]
    [InlineData(new[] { -20, 2, 2, 2 }, true)]
    [InlineData(new[] { -20, 2, 1, 2 }, false)]
    [InlineData(new[] { 3, 0, 3, 3 }, true)]
    public void The_middle_of_the_votes_decides_whatever_one_false_member_says(int[] gains, bool accepted)
    {
        Ready();
        for (int seat = 0; seat < gains.Length; seat++)
            Assert.Null(_bench.Vote(seat, gains[seat]));
        Assert.Equal(accepted, Assert.IsType<TrialEnded>(_bench.End()[0]).Accepted);
    }

    [Fact]
    public void Only_members_vote_only_on_the_trial_that_is_judged()
    {
        Assert.Contains("no trial", _bench.Vote(0, true));
        _bench.Schedule();
        _bench.End();
        Assert.Contains("round 1 is open", _bench.Vote("hospital-0", 1, true));
        _bench.PlayTrial();
        Assert.Contains("not a member", _bench.Vote("hospital-9", 1, true));
        Assert.Contains("no trial that began in round 2", _bench.Vote("hospital-0", 2, true));
        Assert.Contains("judging", _bench.Contribute("hospital-0"));
        Assert.Contains("judging", _bench.Attest("hospital-0"));
        foreach (int seat in new[] { 0, 1, 2 })
            Assert.Null(_bench.Vote(seat, true));
        _bench.End();
        Assert.Contains("no trial", _bench.Vote("hospital-3", 1, true));
    }

    [Fact]
    public void Who_is_excluded_or_has_withdrawn_votes_as_on_what_is_offered()
    {
        Ready();
        Assert.Equal([new MemberExcluded("hospital-0", 6)], _bench.Both((machine, events) => machine.Convict("hospital-0", events)));
        Assert.Null(_bench.Try(machine => machine.Apply("hospital-1", new Withdrawal(5, false), [])));
        foreach (int seat in new[] { 0, 1, 2 })
            Assert.Null(_bench.Vote(seat, true));
        Assert.True(Assert.IsType<TrialEnded>(_bench.End()[0]).Accepted);
    }

    [Fact]
    public void An_equivocation_in_a_trials_round_counts_as_in_any_other()
    {
        _bench.Schedule();
        _bench.End();
        _bench.Contribute("hospital-3");
        Assert.Equal([new MemberExcluded("hospital-3", 1)], _bench.Both((machine, events) => machine.Convict("hospital-3", events)));
        for (int seat = 0; seat < 3; seat++)
            Assert.Null(_bench.Contribute($"hospital-{seat}"));
        Assert.Equal(3, Assert.IsType<RoundClosed>(Assert.Single(_bench.End())).Contributions.Count);
    }

    [Fact]
    public void A_second_offer_waits_until_the_trial_is_over_and_where_that_was_accepted_a_round_longer()
    {
        Ready();
        _bench.Schedule("second");
        foreach (int seat in new[] { 0, 1, 2 })
            _bench.Vote(seat, true);
        var events = _bench.End();
        Assert.Equal([typeof(TrialEnded), typeof(RoundOpened)], events.Select(e => e.GetType()));
        Assert.Equal((6L, Model(4), new RoundBranch(2, TrialSide.None)), Opened(events));
        events = _bench.Play();
        Assert.Equal(new TrialBegan(7, TrialBench.Blend("second")), events[1]);
        Assert.Equal((7L, Model(6), new RoundBranch(7, TrialSide.Offered)), Opened(events));
        Assert.Equal(TrialBench.Blend("second"), _bench.Close().Auxiliary);
        foreach (var member in _bench.Members.Members)
            _bench.Attest(member.Id);
        Assert.Equal((8L, Model(6), new RoundBranch(2, TrialSide.Own)), Opened(_bench.End()));
    }

    [Fact]
    public void What_trials_may_not_take_any_more_is_refused_and_operators_see_why()
    {
        _bench.Schedule("first");
        _bench.End();
        for (int trial = 0; trial < 2; trial++)
        {
            _bench.PlayTrial();
            _bench.Schedule($"next {trial}");
            foreach (int seat in new[] { 0, 1, 2 })
                _bench.Vote(seat, false);
            var events = _bench.End();
            Assert.Equal(
                trial == 0 ? new TrialBegan(5, TrialBench.Blend("next 0")) : new TrialRefused(TrialBench.Blend("next 1"), "a trial takes 4 rounds; trials have had 8 of the 10 that they may take"),
                events[1]);
        }

        Assert.Equal((9L, Model(8), new RoundBranch(0, TrialSide.None)), (_bench.Info.Round, _bench.Info.Base, _bench.Info.Branch));
        Assert.Null(_bench.Close().Auxiliary);
    }

    [Fact]
    public void What_is_accepted_when_nothing_can_be_tried_any_more_is_refused_with_a_reason()
    {
        _bench.End();
        for (int i = 0; i < RoundSnapshot.MaxBlends; i++)
            Assert.Empty(_bench.Schedule($"offer {i}"));
        Assert.Equal([new TrialRefused(TrialBench.Blend(), "64 wait already")], _bench.Schedule());
        _bench.Both((machine, events) => machine.Stop(events));
        Assert.Equal([new TrialRefused(TrialBench.Blend(), "training is complete")], _bench.Schedule());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sites_can_tell_by_a_round_and_its_branch_which_round_ended_in_its_base(bool accept)
    {
        _bench.Schedule("first");
        _bench.Schedule("second");
        var models = new Dictionary<Digest, long> { [_bench.InitialModel] = 0 };
        List<IChainEvent> events = _bench.End();
        for (int played = 0; played < 11; played++)
        {
            var opened = Assert.IsType<RoundOpened>(events[^1]);
            Assert.Equal(models[opened.Base], BranchRounds.Previous(_bench.Policy, opened.Round, opened.Branch));
            events = _bench.Play();
            models[Model(opened.Round)] = opened.Round;
            if (_bench.Info.Phase != RoundPhase.Judging)
                continue;
            for (int seat = 0; seat < 4; seat++)
                _bench.Vote(seat, accept);
            events = _bench.End();
        }

        Assert.Equal(8, _bench.Snapshot.Trials!.Taken);
    }

    [Fact]
    public void A_trial_needs_all_its_rounds_before_the_last_one()
    {
        var bench = new TrialBench(rounds: 8);
        bench.End();
        for (int round = 1; round <= 3; round++)
            bench.Play();
        bench.Schedule("in time");
        // Round 5 to 8 are four.
        Assert.Equal(new TrialBegan(5, TrialBench.Blend("in time")), bench.Play()[1]);
        bench.PlayTrial();
        bench.Schedule("too late");
        foreach (int seat in new[] { 0, 1, 2 })
            bench.Vote(seat, true);
        Assert.Equal(
            [new TrialEnded(5, true, Model(7), "it gains 20 points of AUC in the middle of 3 votes, and 8 are needed"), new TrialRefused(TrialBench.Blend("too late"), "training is complete"), new TrainingCompleted(7, Model(7))],
            bench.End());

        bench = new TrialBench(rounds: 8);
        bench.End();
        for (int round = 1; round <= 4; round++)
            bench.Play();
        bench.Schedule("too late");
        Assert.Equal(new TrialRefused(TrialBench.Blend("too late"), "a trial takes 4 rounds, and 3 are left"), bench.Play()[1]);
    }

    [Fact]
    public void A_stop_leaves_the_own_branch_whatever_round_of_a_trial_is_under_way()
    {
        // Open rounds of either branch, closed rounds of either, and votes: what stays is what the own branch stands at.
        Assert.Equal([new RoundAbandoned(4), Stopped(3), new TrainingCompleted(3, Model(3))], StopAfter(2, close: false));
        Assert.Equal([new RoundAbandoned(5), Stopped(3), new TrainingCompleted(3, Model(3))], StopAfter(3, close: false));
        Assert.Equal([new RoundAbandoned(4), Stopped(3), new TrainingCompleted(3, Model(3))], StopAfter(2, close: true));
        Assert.Equal([Stopped(5), new TrainingCompleted(5, Model(5))], StopAfter(4, close: false));

        // A closed round of it becomes the last, as ever.
        var bench = new TrialBench();
        StopAfter(3, close: true, bench, [Stopped(3)]);
        foreach (var member in bench.Members.Members)
            Assert.Null(bench.Attest(member.Id));
        Assert.Equal(new TrainingCompleted(5, Model(5)), bench.End()[1]);
        Assert.Equal([1L, 3, 5], bench.Info.Finals.Select(f => f.Round));

        static TrialEnded Stopped(long model) => new(2, false, Model(model), "members stopped training");
    }

    [Fact]
    public void A_restart_ends_the_trial_and_goes_on_from_the_older_model()
    {
        Ready();
        Assert.Contains("not one of", _bench.Machine.CheckRestart(4, Model(4)));
        Assert.Null(_bench.Machine.CheckRestart(3, Model(3)));
        Assert.Equal(
            [new TrialEnded(2, false, Model(3), "members restarted training"), new TrainingRestarted(3, Model(3))],
            _bench.Both((machine, events) => machine.Restart(3, 9, events)));
        Assert.Equal((6L, Model(3), new RoundBranch(0, TrialSide.None)), Opened(_bench.End()));
        Assert.Equal((14L, 3L), (_bench.Info.LastRound, _bench.Info.Finals[^1].Round));

        var bench = new TrialBench();
        bench.End();
        bench.Schedule();
        bench.Play();
        bench.Play();
        Assert.Equal(
            [new RoundAbandoned(3), new TrialEnded(2, false, Model(1), "members restarted training"), new TrainingRestarted(1, Model(1))],
            bench.Both((machine, events) => machine.Restart(1, 9, events)));
        Assert.Equal((4L, Model(1), new RoundBranch(0, TrialSide.None)), Opened(bench.End()));
    }

    [Fact]
    public void While_members_judge_a_pause_stops_the_deadline_and_not_the_votes()
    {
        Ready();
        _bench.Both((machine, events) => machine.Pause(events));
        for (int i = 0; i < 8; i++)
            Assert.Empty(_bench.End());
        Assert.Null(_bench.Vote(0, true));
        Assert.Equal([new TrainingResumed(5, _bench.Height + 5)], _bench.Both((machine, events) => machine.Resume(_bench.Height, events)));
        for (int i = 0; i < 4; i++)
            Assert.Empty(_bench.End());
        _bench.Both((machine, events) => machine.Pause(events));
        Assert.Null(_bench.Vote(1, true));
        Assert.Null(_bench.Vote(2, true));
        Assert.True(Assert.IsType<TrialEnded>(_bench.End()[0]).Accepted);
        Assert.Contains("paused", _bench.Contribute("hospital-0"));
    }

    [Fact]
    public void Votes_follow_their_institutions_when_members_change()
    {
        Ready();
        foreach (int seat in new[] { 0, 1 })
            Assert.Null(_bench.Vote(seat, true));
        Assert.Null(_bench.Vote(3, false));
        _bench.End();
        // The one that lost by it leaves; n−f of three is three.
        _bench.Seat(new MemberSet([.. _bench.Members.Members.Take(3)]));
        Assert.Equal(["hospital-0", "hospital-1"], _bench.Info.Trial!.Votes.Select(v => v.Member));
        Assert.Empty(_bench.End());
        // What is enough for those that are left is decided without another vote.
        _bench.Seat(new MemberSet([.. _bench.Members.Members.Take(2)]));
        Assert.True(_bench.Machine.WantsBlock);
        Assert.True(Assert.IsType<TrialEnded>(_bench.End()[0]).Accepted);
    }

    [Fact]
    public void A_long_trial_pushes_no_final_of_either_branch_out_before_it_has_to()
    {
        var bench = new TrialBench(rounds: 60, each: 10);
        bench.Schedule();
        bench.End();
        bench.PlayTrial();
        Assert.Equal([6L, 8, 10, 12, 14, 16, 18, 20], bench.Info.Finals.Select(f => f.Round));
        foreach (int seat in new[] { 0, 1, 2 })
            bench.Vote(seat, true);
        bench.End();
        Assert.Equal([5L, 7, 9, 11, 13, 15, 17, 19], bench.Info.Finals.Select(f => f.Round));
    }

    [Fact]
    public void A_state_that_contradicts_its_trial_is_refused()
    {
        Ready();
        var good = _bench.Snapshot;
        var trials = good.Trials!;
        var now = trials.Now!;
        Refused(good with { Trials = null });
        Refused(good with { Trials = trials with { Now = null } });
        Refused(good with { Trials = trials with { Taken = 3 } });
        Refused(good with { Trials = trials with { Taken = 6 } });
        Refused(good with { Trials = trials with { Branch = 2 } });
        Refused(good with { Phase = RoundPhase.Completed });
        Refused(good with { Phase = RoundPhase.Open, Base = Model(3), Round = 6 });
        Refused(good with { Base = Model(4) });
        Refused(Changed(now with { Began = 1 }));
        Refused(Changed(now with { Began = 4 }));
        Refused(Changed(now with { Offered = Model(3) }));
        Refused(Changed(now with { Finals = [new FinalRound(3, Model(4))] }));
        Refused(Changed(now with { Votes = [new("hospital-9", 1)] }));
        Refused(Changed(now with { Votes = [new("hospital-0", 1), new("hospital-0", 1)] }));
        Refused(Changed(now with { Votes = [new("hospital-1", 1), new("hospital-0", 1)] }));
        Refused(good with { Governance = good.Governance! with { Policy = TestChain.Policy } });
        _bench.Restored(Changed(now with { Votes = [new("hospital-0", 1), new("hospital-1", -1)] }));

        RoundSnapshot Changed(Trial trial) => good with { Trials = trials with { Now = trial } };

        void Refused(RoundSnapshot snapshot) => Assert.Throws<CanonicalFormatException>(() => _bench.Restored(snapshot));
    }

    [Fact]
    public void A_chain_that_never_had_a_trial_keeps_the_bytes_of_its_state()
    {
        _bench.End();
        _bench.Play();
        Assert.Null(_bench.Snapshot.Trials);
        Assert.Equal(0x8f, Canonical.Encode(_bench.Snapshot)[0]);
        _bench.Schedule();
        _bench.Play();
        Assert.Equal(0x91, Canonical.Encode(_bench.Snapshot)[0]);
    }

    private static (long Round, Digest Base, RoundBranch Branch) Opened(List<IChainEvent> events)
    {
        var opened = Assert.IsType<RoundOpened>(events[^1]);
        return (opened.Round, opened.Base, opened.Branch);
    }

    /// <summary>Round 1, and a trial from round 2 on whose members judge.</summary>
    private void Ready()
    {
        _bench.End();
        _bench.Schedule();
        _bench.Play();
        _bench.PlayTrial();
    }

    /// <param name="rounds">Of the trial, which are final.</param>
    private static List<IChainEvent> StopAfter(int rounds, bool close, TrialBench? bench = null, IChainEvent[]? expected = null)
    {
        bench ??= new TrialBench();
        bench.End();
        bench.Schedule();
        for (int round = 0; round <= rounds; round++)
            bench.Play();
        if (close)
            bench.Close();
        var events = bench.Both((machine, all) => machine.Stop(all));
        bench.Save();
        if (expected is not null)
            Assert.Equal(expected, events);
        return events;
    }
}
