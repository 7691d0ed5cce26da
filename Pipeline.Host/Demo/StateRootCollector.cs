using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Demo;

/// <summary>Reads a replica's state digests of every height, from its first block to its last, and ends.</summary>
public sealed class StateRootCollector : ReceiveActor
{
    public StateRootCollector(IActorRef replica, TaskCompletionSource<IReadOnlyList<Digest>> result)
    {
        var roots = new List<Digest>();
        Receive<ChainProtocol.BlockApplied>(block => roots.Add(block.StateRoot));
        Receive<ChainProtocol.CaughtUp>(_ =>
        {
            result.TrySetResult(roots);
            Context.Stop(Self);
        });
        replica.Tell(new ChainProtocol.Subscribe(Self, 0));
    }

    public static Props Props(IActorRef replica, TaskCompletionSource<IReadOnlyList<Digest>> result) =>
        Akka.Actor.Props.Create(() => new StateRootCollector(replica, result));
}
