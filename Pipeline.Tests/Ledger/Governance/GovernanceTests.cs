using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Governance;

public sealed class GovernanceTests
{
    private readonly LearningWorld _world = new(new TestChain(policy: TestChain.Policy with { Rounds = 12 }));

    public GovernanceTests() => _world.Step();

    private TestChain Chain => _world.Chain;

    [Fact]
    public void A_quorum_of_equal_votes_decides_and_nothing_less()
    {
        Assert.Equal(new GovernanceVoted("hospital-0", 1, new GovernanceAction.Pause(), 1, 3), Assert.Single(Vote(0, new GovernanceAction.Pause()).Events));
        Vote(1, new GovernanceAction.Stop());
        Vote(2, new GovernanceAction.Pause());
        Assert.False(_world.Round.Paused);

        var events = Vote(1, new GovernanceAction.Pause()).Events;

        Assert.Equal(new GovernanceDecided(1, new GovernanceAction.Pause()), events[1]);
        Assert.Equal(new TrainingPaused(1), events[2]);
        Assert.True(_world.Round.Paused);
        Assert.Equal((2L, 0), (_world.First.View.Governance.Sequence, _world.First.View.Governance.Votes.Count));
    }

    [Fact]
    public void Votes_that_cannot_count_are_refused_with_a_reason()
    {
        Vote(0, new GovernanceAction.Pause());
        Assert.Contains("already voted", Refusal(0, new GovernanceAction.Pause()), StringComparison.Ordinal);
        Assert.Contains("not paused", Refusal(1, new GovernanceAction.Resume()), StringComparison.Ordinal);
        Assert.Contains("not one of", Refusal(1, new GovernanceAction.Restart(1, Chain.InitialModel.Digest, 3)), StringComparison.Ordinal);
        Assert.Contains("decision 1 is open", Refusal(1, new GovernanceAction.Pause(), sequence: 2), StringComparison.Ordinal);
    }

    [Fact]
    public void Paused_training_takes_no_contribution_passes_no_deadline_and_resumes_with_a_new_one()
    {
        Decide(new GovernanceAction.Pause());
        Assert.Contains("paused", _world.Step(Contribution(0)).Receipts[0].Refusal, StringComparison.Ordinal);
        for (int i = 0; i < 2 * Chain.Learning.Policy.DeadlineBlocks; i++)
            Assert.Empty(_world.Step().Events);
        Assert.False(_world.First.WantsBlock);

        Decide(new GovernanceAction.Resume());

        Assert.Equal(_world.First.Height + Chain.Learning.Policy.DeadlineBlocks, _world.Round.DeadlineHeight);
        _world.PlayRound();
        Assert.Equal(2, _world.Round.Round);
    }

    [Fact]
    public void Stopping_an_open_round_completes_training_at_the_last_final_model()
    {
        _world.PlayRound();
        var model = _world.Round.Base;

        var events = Decide(new GovernanceAction.Stop());

        Assert.Equal([new RoundAbandoned(2), new TrainingCompleted(1, model)], events.TakeLast(2));
        Assert.Equal((RoundPhase.Completed, model), (_world.Round.Phase, _world.Round.Base));
        Assert.Contains("complete", Refusal(0, new GovernanceAction.Pause()), StringComparison.Ordinal);
    }

    [Fact]
    public void Stopping_a_closed_round_lets_it_become_the_last()
    {
        _world.CloseRound();
        Decide(new GovernanceAction.Stop());
        Assert.Equal(RoundPhase.Closed, _world.Round.Phase);

        var events = _world.AttestRound().Events;

        Assert.Equal(1, Assert.IsType<TrainingCompleted>(events[^1]).Round);
        Assert.Equal(_world.Models[0].Digest, _world.Round.Base);
    }

    [Fact]
    public void Training_restarts_from_an_earlier_model_under_new_numbers_and_completes_after_the_agreed_rounds()
    {
        _world.PlayRound();
        var chosen = _world.Round.Base;
        var model = _world.Models[0];
        _world.PlayRound();
        _world.PlayRound();
        Assert.Equal([1L, 2L, 3L], _world.Round.Finals.Select(f => f.Round));

        var events = Decide(new GovernanceAction.Restart(1, chosen, 2));

        Assert.Equal(new RoundAbandoned(4), events[^3]);
        Assert.Equal(new TrainingRestarted(1, chosen), events[^2]);
        Assert.Equal((5L, chosen), (Assert.IsType<RoundOpened>(events[^1]).Round, _world.Round.Base));
        Assert.Equal([1L], _world.Round.Finals.Select(f => f.Round));
        Array.Fill(_world.Models, model);
        _world.PlayRound();
        var last = _world.PlayRound().Events[^1];
        Assert.Equal(new TrainingCompleted(6, _world.Models[0].Digest), last);

        Decide(new GovernanceAction.Restart(5, _world.Round.Finals[1].Model, 1));
        Assert.Equal((RoundPhase.Open, 7L), (_world.Round.Phase, _world.Round.Round));
    }

    [Fact]
    public void Only_the_newest_final_rounds_are_remembered()
    {
        for (int round = 1; round <= RoundMachine.RememberedFinals + 2; round++)
            _world.PlayRound();
        Assert.Equal(RoundMachine.RememberedFinals, _world.Round.Finals.Count);
        Assert.Equal(3, _world.Round.Finals[0].Round);
        Assert.Contains("not one of", Refusal(0, new GovernanceAction.Restart(2, Chain.InitialModel.Digest, 3)), StringComparison.Ordinal);
        Assert.Contains("ended in model", Refusal(0, new GovernanceAction.Restart(3, Chain.InitialModel.Digest, 3)), StringComparison.Ordinal);
    }

    private Transaction Contribution(int seat) => Chain.Factories[seat].Create(Chain.Contribute(_world.First, TestChain.Named("payload")));

    private Transaction Ballot(int seat, GovernanceAction action, long? sequence = null) =>
        Chain.Factories[seat].Create(new GovernanceVote(sequence ?? _world.First.View.Governance.Sequence, action));

    private BlockOutcome Vote(int seat, GovernanceAction action) => _world.StepAccepted(Ballot(seat, action));

    private string Refusal(int seat, GovernanceAction action, long? sequence = null) =>
        _world.Step(Ballot(seat, action, sequence)).Receipts[0].Refusal ?? "none";

    private IReadOnlyList<IChainEvent> Decide(GovernanceAction action) =>
        _world.StepAccepted([.. Enumerable.Range(0, 3).Select(seat => Ballot(seat, action))]).Events;
}
