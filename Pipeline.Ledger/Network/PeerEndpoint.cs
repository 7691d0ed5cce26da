using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Network;

/// <summary>What became of a message at its receiver.</summary>
public enum PeerDelivery
{
    Delivered,

    /// <summary>Nobody has registered for its chain and lane.</summary>
    NoReceiver,

    /// <summary>The receiver's mailbox is at its limit.</summary>
    Full,
}

/// <summary>One site's end of any <see cref="IPeerNetwork"/>: who receives what, bounded, and what was sent. Thread safe.</summary>
public sealed class PeerEndpoint(MailboxLimits limits)
{
    private readonly ConcurrentDictionary<(Digest ChainId, PeerLane Lane), IActorRef> _receivers = new();
    private readonly ConcurrentDictionary<(Digest ChainId, PeerLane Lane), StrongBox<long>> _sent = new();

    public void Register(Digest chainId, PeerLane lane, IActorRef receiver) => _receivers[(chainId, lane)] = receiver;

    /// <summary>Removes <paramref name="receiver"/> alone: a successor that has registered meanwhile stays.</summary>
    public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) =>
        _receivers.TryRemove(new KeyValuePair<(Digest, PeerLane), IActorRef>((chainId, lane), receiver));

    public PeerDelivery Deliver(PeerMessage message)
    {
        if (!_receivers.TryGetValue((message.ChainId, message.Lane), out var receiver))
            return PeerDelivery.NoReceiver;
        if (QueueOf(receiver) >= limits.Of(message.Lane))
            return PeerDelivery.Full;
        receiver.Tell(message, ActorRefs.NoSender);
        return PeerDelivery.Delivered;
    }

    public void CountSent(Digest chainId, PeerLane lane, int bytes) =>
        Interlocked.Add(ref _sent.GetOrAdd((chainId, lane), static _ => new StrongBox<long>()).Value, bytes);

    public long BytesSent(Digest chainId, PeerLane lane) =>
        _sent.TryGetValue((chainId, lane), out var count) ? Interlocked.Read(ref count.Value) : 0;

    /// <summary>A reference without a mailbox of its own (a router, a remote) counts as empty.</summary>
    private static int QueueOf(IActorRef receiver) => receiver is ActorRefWithCell { Underlying: { } cell } ? cell.NumberOfMessages : 0;
}
