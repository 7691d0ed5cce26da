using Akka.Actor;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Host.Site;

/// <summary>What a <see cref="ChainLearner"/> works with.</summary>
/// <param name="Trainer">A training actor (see <see cref="Actors.Training.TrainingProtocol"/>).</param>
/// <param name="Exchange">The chain's payload exchange.</param>
/// <param name="Replica">The chain's replica.</param>
/// <param name="Pace">In force now. Any thread.</param>
public sealed record ChainLearnerSettings(
    string Site, string Chain, IActorRef Trainer, IActorRef Exchange, IActorRef Replica, IPayloadStore Payloads, TransactionFactory Transactions,
    Func<TrainingPace> Pace)
{
    /// <summary>ε × 10⁶ that the chain holds as this site's word on what it has spent. Any thread.</summary>
    public Func<long> ReportedSpent { get; init; } = () => 0;
}
