using System.Diagnostics;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// What a site's training actor of one chain is asked and answers. One request at a time is worked on, in order; every request is answered
/// exactly once to its sender, but for those that say that they are not. Models travel as fixed-point vectors, never as tensors.
/// </summary>
public static class TrainingProtocol
{
    public interface ICommand;

    /// <summary>A command without a reply: what is asked behind it finds it done.</summary>
    public interface IUnanswered : ICommand;

    public interface IReply;

    /// <summary>
    /// Trains the policy's local steps from <paramref name="Base"/>. The same round asked again is answered with the very same payload,
    /// also after a restart. Answered by <see cref="RoundTrained"/> or <see cref="RoundSkipped"/>.
    /// </summary>
    /// <param name="Seed">Seeds batches and augmentation (the id of the block that opened the round).</param>
    /// <param name="ReportedMicro">ε × 10⁶ that the chain holds as this site's word; 0 where it never gave one.</param>
    public sealed record TrainRound(long Round, FixedPointModel Base, Digest BaseDigest, Digest Seed, long ReportedMicro = 0) : ICommand
    {
        /// <summary>Whose moments and residual the round goes on with.</summary>
        public RoundBranch Branch { get; init; }

        /// <summary>Of the span of the round, in the same process; the default for none.</summary>
        public ActivityContext Trace { get; init; }
    }

    /// <param name="Payload">Canonical <see cref="SparseUpdate"/>; durable at the site, with the residual it leaves, before this is sent.</param>
    /// <param name="TrainLoss">Mean weighted cross-entropy of the steps (nats); NaN when an answer was read back from disk.</param>
    /// <param name="Samples">Training samples the round drew from.</param>
    /// <param name="SpentMicro">ε × 10⁶ that the site has spent so far; 0 on a chain without differential privacy.</param>
    /// <param name="Trainers">Nodes of the site whose gradients are in the round; 1 when an answer was read back from disk.</param>
    public sealed record RoundTrained(long Round, byte[] Payload, double TrainLoss, int Samples, long SpentMicro = 0, int Trainers = 1) : IReply;

    /// <summary>No contribution: too few samples of a class yet, no privacy budget left, or the training diverged. The site stays in the round's replica.</summary>
    public sealed record RoundSkipped(long Round, string Reason) : IReply;

    /// <summary>
    /// The round closed without this site's payload: what it carried returns to the residual. Not answered; doing it twice, or for
    /// another round than the last answered, does nothing.
    /// </summary>
    public sealed record ContributionMissed(long Round) : IUnanswered;

    /// <summary>A trial has ended: what this site remembers of its branch is the chain's from now on, or is forgotten. Not answered; doing it twice does nothing.</summary>
    /// <param name="Began">The trial's first round.</param>
    public sealed record TrialOver(long Began, bool Accepted) : IUnanswered;

    /// <summary>Answered by <see cref="Evaluated"/>.</summary>
    public sealed record Evaluate(FixedPointModel Model, DataSplit Split, object? Tag = null) : ICommand;

    public sealed record Evaluated(DataSplit Split, ModelScore Score, object? Tag) : IReply;

    /// <summary>
    /// Asks the do-no-harm gate whether an offered backbone helps here. Answered by <see cref="AuxiliaryJudged"/>, or <see cref="AuxiliaryPostponed"/>.
    /// </summary>
    /// <param name="Own">The chain's model at this moment.</param>
    /// <param name="Offer">What the packet carried.</param>
    public sealed record JudgeAuxiliary(FixedPointModel Own, AuxiliaryBackbone Offer, Digest Seed) : ICommand;

    public sealed record AuxiliaryJudged(GateDecision Decision) : IReply;

    /// <summary>Not yet: this site has too few images, or gets many at this moment. To be asked again.</summary>
    public sealed record AuxiliaryPostponed(string Reason) : IReply;

    /// <summary>
    /// A trial's two models: which is better on this site's held-out images? Answered by <see cref="TrialJudged"/>, or <see cref="AuxiliaryPostponed"/>.
    /// </summary>
    /// <param name="Own">Of the branch without the offered backbone.</param>
    /// <param name="Offered">Of the branch with it.</param>
    public sealed record JudgeTrial(FixedPointModel Own, FixedPointModel Offered) : ICommand;

    public sealed record TrialJudged(GateDecision Decision) : IReply;

    /// <summary>The collaborative training is over: find this site's own model. Answered by <see cref="Personalized"/>.</summary>
    public sealed record Personalize(FixedPointModel Global, Digest Seed) : ICommand;

    public sealed record Personalized(PersonalizationResult Result) : IReply;

    /// <summary>The request could not be served; <paramref name="Reason"/> says what, where and how to mend it.</summary>
    public sealed record TrainingFailed(ICommand Command, string Reason) : IReply;
}
