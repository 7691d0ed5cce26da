using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Network;

/// <summary>One member's side of an <see cref="InProcessPeerHub"/>.</summary>
internal sealed class InProcessPeerNetwork(InProcessPeerHub hub, string member) : IPeerNetwork
{
    private readonly ConcurrentDictionary<(Digest ChainId, PeerLane Lane), IActorRef> _receivers = new();
    private readonly ConcurrentDictionary<(Digest ChainId, PeerLane Lane), StrongBox<long>> _sent = new();

    public string Member => member;

    public void Register(Digest chainId, PeerLane lane, IActorRef receiver) => _receivers[(chainId, lane)] = receiver;

    /// <summary>Removes <paramref name="receiver"/> alone: a successor that has registered meanwhile stays.</summary>
    public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) =>
        _receivers.TryRemove(new KeyValuePair<(Digest, PeerLane), IActorRef>((chainId, lane), receiver));

    public void Send(string to, Digest chainId, PeerLane lane, byte[] bytes)
    {
        if (string.Equals(to, member, StringComparison.Ordinal))
            throw new ArgumentException($"'{member}' sends to itself", nameof(to));
        Interlocked.Add(ref _sent.GetOrAdd((chainId, lane), static _ => new StrongBox<long>()).Value, bytes.Length);
        hub.Deliver(this, to, new PeerMessage(chainId, member, lane, bytes));
    }

    public long BytesSent(Digest chainId, PeerLane lane) =>
        _sent.TryGetValue((chainId, lane), out var count) ? Interlocked.Read(ref count.Value) : 0;

    internal IActorRef? ReceiverOf(Digest chainId, PeerLane lane) => _receivers.GetValueOrDefault((chainId, lane));
}
