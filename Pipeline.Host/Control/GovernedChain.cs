using Akka.Actor;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Control;

/// <summary>A chain at this site, as its operator governs it.</summary>
/// <param name="View">The state at this moment; any thread.</param>
/// <param name="Transactions">Signs in the site's name.</param>
internal sealed record GovernedChain(Genesis Genesis, IActorRef Replica, Func<LearningView> View, TransactionFactory Transactions);
