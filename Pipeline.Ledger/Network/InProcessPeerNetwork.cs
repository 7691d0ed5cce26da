using Akka.Actor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Network;

/// <summary>One member's side of an <see cref="InProcessPeerHub"/>.</summary>
internal sealed class InProcessPeerNetwork(InProcessPeerHub hub, string member, MailboxLimits limits) : IPeerNetwork
{
    private readonly PeerEndpoint _endpoint = new(limits);

    public string Member => member;

    public void Register(Digest chainId, PeerLane lane, IActorRef receiver) => _endpoint.Register(chainId, lane, receiver);

    public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) => _endpoint.Unregister(chainId, lane, receiver);

    public void Send(string to, Digest chainId, PeerLane lane, byte[] bytes)
    {
        if (string.Equals(to, member, StringComparison.Ordinal))
            throw new ArgumentException($"'{member}' sends to itself", nameof(to));
        _endpoint.CountSent(chainId, lane, bytes.Length);
        hub.Deliver(this, to, new PeerMessage(chainId, member, lane, bytes));
    }

    public long BytesSent(Digest chainId, PeerLane lane) => _endpoint.BytesSent(chainId, lane);

    internal PeerDelivery Deliver(PeerMessage message) => _endpoint.Deliver(message);
}
