using Pipeline.Actors.Bridge;
using Pipeline.Actors.Personalization;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Site;

/// <summary>What a chain's learner reports to whoever watches the site (terminal, metrics, demo). Local messages, published on the event stream.</summary>
public static class LearnerProtocol
{
    /// <summary>Told a learner: the pace of its settings is another one now.</summary>
    public sealed record PaceChanged
    {
        public static PaceChanged Instance { get; } = new();
    }

    public interface IProgress
    {
        string Site { get; }

        string Chain { get; }
    }

    public sealed record ChainEventSeen(string Site, string Chain, long Height, IChainEvent Event, bool Replayed) : IProgress;

    /// <summary>The site has the base model of a round.</summary>
    /// <param name="Branch">Where the round stands in a trial.</param>
    public sealed record RoundStarted(string Site, string Chain, long Round, FixedPointModel Model, RoundBranch Branch) : IProgress;

    /// <param name="PayloadBytes">Bytes of the partial update.</param>
    /// <param name="Loss">Mean loss of the local steps (nats).</param>
    /// <param name="Trainers">Nodes of the site whose gradients are in it.</param>
    public sealed record UpdateSubmitted(string Site, string Chain, long Round, int PayloadBytes, double Loss, int Samples, int Trainers = 1) : IProgress;

    /// <summary>The site does not contribute to this round for now.</summary>
    public sealed record Waiting(string Site, string Chain, long Round, string Reason) : IProgress;

    /// <summary>How far the members' updates of a round stand from each other, for people to look at.</summary>
    public sealed record UpdatesCompared(string Site, string Chain, long Round, IReadOnlyList<SuspicionScore> Scores) : IProgress;

    public sealed record OfferJudged(string Site, string Chain, string FromChain, long Sequence, GateDecision Decision) : IProgress;

    /// <summary>The site has compared a trial's two models and votes.</summary>
    /// <param name="Began">The trial's first round.</param>
    public sealed record TrialJudged(string Site, string Chain, long Began, GateDecision Decision) : IProgress;

    public sealed record CollaborationCompleted(string Site, string Chain, long Round, FixedPointModel Model) : IProgress;

    public sealed record PersonalModelReady(string Site, string Chain, PersonalizationResult Result) : IProgress;

    /// <summary>Something an operator must look at; the site goes on.</summary>
    public sealed record Trouble(string Site, string Chain, string What) : IProgress;
}
