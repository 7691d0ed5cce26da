using Akka.Actor;
using Akka.TestKit;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>A learner's part in a trial: its rounds by branch, its vote, and what its trainer is told of the end.</summary>
public sealed class ChainLearnerTrialTests : PatientTestKit
{
    private static readonly GateDecision Gains = new(true, "gains", double.NaN, double.NaN, 0.1, 0.05);

    private readonly TestProbe _trainer, _replica, _watcher;
    private readonly IActorRef _learner;
    private readonly FixedPointModel _own, _offered;

    public ChainLearnerTrialTests()
    {
        (_trainer, _replica, _watcher) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var layout = ResidualCnn.Small.Layout(SyntheticImages.Task);
        _own = new FixedPointModel(layout, new int[layout.Length], new int[layout.Length]);
        _offered = new FixedPointModel(layout, [.. Enumerable.Repeat(1, layout.Length)], new int[layout.Length]);
        var chain = new TestChain();
        Sys.EventStream.Subscribe(_watcher.Ref, typeof(LearnerProtocol.IProgress));
        _learner = Sys.ActorOf(ChainLearner.Props(new ChainLearnerSettings(
            "north", "chest", _trainer.Ref, CreateTestProbe().Ref, _replica.Ref, new MemoryPayloadStore(), chain.Factories[0],
            () => new TrainingPace(TimeSpan.FromMilliseconds(20)))));
    }

    [Fact]
    public async Task A_round_is_trained_in_its_branch()
    {
        var branch = new RoundBranch(5, TrialSide.Offered);
        _learner.Tell(new LearningProtocol.ModelReady(5, _own.Digest, Digest.Of([1]), _own, branch));
        Assert.Equal(branch, (await _trainer.ExpectMsgAsync<TrainingProtocol.TrainRound>()).Branch);
        Assert.Equal(branch, (await _watcher.ExpectMsgAsync<LearnerProtocol.RoundStarted>()).Branch);
    }

    [Fact]
    public async Task Both_models_are_compared_and_the_vote_is_sent_again_where_it_is_asked_for_again()
    {
        var ready = new LearningProtocol.TrialModelsReady(5, _own, _offered);
        _learner.Tell(ready);
        _learner.Tell(ready);
        var asked = await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
        Assert.Equal((_own, _offered), (asked.Own, asked.Offered));
        _learner.Tell(new TrainingProtocol.TrialJudged(Gains), _trainer.Ref);
        Assert.Equal(new LearnerProtocol.TrialJudged("north", "chest", 5, Gains), await _watcher.ExpectMsgAsync<LearnerProtocol.TrialJudged>());
        var vote = await _replica.ExpectMsgAsync<ChainProtocol.Submit>();
        Assert.Equal(TrialVote.Of(5, Gains.Gain), LearningTransactions.Decode(vote.Transaction));

        _learner.Tell(ready);
        Assert.Equal(vote.Transaction.Id, (await _replica.ExpectMsgAsync<ChainProtocol.Submit>()).Transaction.Id);
        await _trainer.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Who_cannot_tell_is_asked_again_until_the_trial_is_decided()
    {
        _learner.Tell(new LearningProtocol.TrialModelsReady(5, _own, _offered));
        for (int i = 0; i < 3; i++)
        {
            await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
            _learner.Tell(new TrainingProtocol.AuxiliaryPostponed("too few"), _trainer.Ref);
        }

        await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
        _learner.Tell(Event(new TrialEnded(5, false, _own.Digest, "4 of 5 were needed")));
        Assert.Equal(new TrainingProtocol.TrialOver(5, false), await _trainer.ExpectMsgAsync<TrainingProtocol.TrialOver>());
        // The answer comes too late to be a vote.
        _learner.Tell(new TrainingProtocol.TrialJudged(Gains), _trainer.Ref);
        _learner.Tell(new LearningProtocol.TrialModelsReady(15, _own, _offered));
        await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
        await _replica.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_comparison_that_failed_is_asked_for_again()
    {
        _learner.Tell(new LearningProtocol.TrialModelsReady(5, _own, _offered));
        var asked = await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
        _learner.Tell(new TrainingProtocol.TrainingFailed(asked, "no memory"), _trainer.Ref);
        await _trainer.ExpectMsgAsync<TrainingProtocol.JudgeTrial>();
    }

    [Fact]
    public async Task What_happened_before_a_start_settles_the_trainers_slot_too()
    {
        _learner.Tell(new LearningProtocol.ChainEvent(3, new TrialEnded(5, true, _offered.Digest, "all voted for it"), Replayed: true));
        Assert.Equal(new TrainingProtocol.TrialOver(5, true), await _trainer.ExpectMsgAsync<TrainingProtocol.TrialOver>());
    }

    private static LearningProtocol.ChainEvent Event(IChainEvent happened) => new(3, happened, Replayed: false);
}
