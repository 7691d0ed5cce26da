using Akka.Actor;

namespace Pipeline.Ledger.Consensus;

/// <summary>How a replica that is far behind gets a state instead of every block.</summary>
/// <param name="Exchange">The chain's payload exchange, which fetches the snapshot's chunks from whoever holds it.</param>
/// <param name="Gap">Blocks behind from which on a snapshot is asked for.</param>
public sealed record StateSyncSettings(IActorRef Exchange, int Gap);
