using Akka.Actor;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Actors.Bridge;

/// <summary>One chain at this site, as a relay needs it.</summary>
/// <param name="Id">The chain's id.</param>
/// <param name="Replica">Answers <see cref="Ledger.Blocks.ChainProtocol"/>.</param>
/// <param name="Exchange">Answers <see cref="Ledger.Payloads.PayloadProtocol"/>.</param>
/// <param name="View">The chain's state at this moment; any thread.</param>
public sealed record BridgeEnd(string Chain, Digest Id, IActorRef Replica, IActorRef Exchange, Func<LearningView> View);
