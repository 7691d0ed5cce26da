using Akka.Actor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Network;

/// <summary>Which plane of a chain a message belongs to; also its priority, consensus first.</summary>
public enum PeerLane
{
    Consensus = 0,
    Sync = 1,
    Payload = 2,
}

/// <summary>Canonical ledger bytes from another institution, already attributed to the authenticated link they came over.</summary>
public sealed record PeerMessage(Digest ChainId, string From, PeerLane Lane, byte[] Bytes);

/// <summary>
/// The seam between a site and the other institutions of its chains: unreliable, unordered between lanes, bounded. Loss is normal; the
/// protocols above repeat. Implementations: in-process (tests, demo) and the gateway (Pipeline.Host).
/// </summary>
public interface IPeerNetwork
{
    /// <summary>Messages of <paramref name="chainId"/> on <paramref name="lane"/> go to <paramref name="receiver"/> as <see cref="PeerMessage"/>.</summary>
    void Register(Digest chainId, PeerLane lane, IActorRef receiver);

    void Unregister(Digest chainId, PeerLane lane, IActorRef receiver);

    /// <summary>Best effort; drops the message when the peer is away or its queue is full.</summary>
    /// <param name="to">An institution; sending to oneself is a fault.</param>
    void Send(string to, Digest chainId, PeerLane lane, byte[] bytes);

    /// <summary>
    /// A receiver found that <paramref name="message"/> is not what its sender may send. A network of strangers counts it against the sender; one
    /// without ignores it.
    /// </summary>
    /// <param name="fault">What is wrong with the bytes.</param>
    void Report(PeerMessage message, string fault) { }

    /// <summary>Bytes handed to the network by this site for <paramref name="chainId"/>, by lane.</summary>
    long BytesSent(Digest chainId, PeerLane lane);
}
