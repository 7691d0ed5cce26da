using System.Collections.Concurrent;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Network;

/// <summary>
/// The institutions of one process, each with its own actor system, joined without sockets: for the demo and for fault tests. Links can be
/// cut and messages lost on purpose. Delivery is a plain Tell, refused when the receiver's mailbox is already full. Thread safe.
/// </summary>
public sealed class InProcessPeerHub
{
    private readonly ConcurrentDictionary<string, InProcessPeerNetwork> _sites = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _away = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string From, string To), bool> _cut = new();
    private readonly ConcurrentDictionary<(string From, string To), Link> _links = new();
    private readonly MailboxLimits _limits;
    private volatile Func<string, string, PeerLane, byte[], bool>? _passes;

    public InProcessPeerHub(MailboxLimits? limits = null) => _limits = limits ?? MailboxLimits.Default;

    /// <summary>This member's side of the network. Joining again after a restart gives a fresh one; the old one delivers nothing more.</summary>
    public IPeerNetwork Join(string member)
    {
        var site = new InProcessPeerNetwork(this, member, _limits);
        _sites[member] = site;
        return site;
    }

    /// <summary>Takes a member off every link, or puts it back.</summary>
    public void SetConnected(string member, bool connected)
    {
        if (connected)
            _away.TryRemove(member, out _);
        else
            _away[member] = true;
    }

    /// <summary>Cuts or mends one direction of one link.</summary>
    public void SetLink(string from, string to, bool connected)
    {
        if (connected)
            _cut.TryRemove((from, to), out _);
        else
            _cut[(from, to)] = true;
    }

    /// <summary>Members of different groups do not hear each other; a member in no group hears all. Replaces every cut link.</summary>
    public void Partition(params IReadOnlyCollection<string>[] groups)
    {
        _cut.Clear();
        for (int a = 0; a < groups.Length; a++)
        {
            for (int b = 0; b < groups.Length; b++)
            {
                if (a == b)
                    continue;
                foreach (string from in groups[a])
                {
                    foreach (string to in groups[b])
                        _cut[(from, to)] = true;
                }
            }
        }
    }

    /// <summary>Mends every link, brings every member back and stops losing messages.</summary>
    public void Heal()
    {
        _cut.Clear();
        _away.Clear();
        _passes = null;
    }

    /// <summary>
    /// Loses every message for which <paramref name="passes"/> (from, to, lane, bytes) is false. Called on the senders' threads; null loses none.
    /// </summary>
    public void SetFilter(Func<string, string, PeerLane, byte[], bool>? passes) => _passes = passes;

    public LinkCounters Counters(string from, string to) =>
        _links.TryGetValue((from, to), out var link) ? link.Read() : default;

    internal void Deliver(InProcessPeerNetwork sender, string to, PeerMessage message)
    {
        var link = _links.GetOrAdd((message.From, to), static _ => new Link());
        bool connected = !_away.ContainsKey(message.From) && !_away.ContainsKey(to) && !_cut.ContainsKey((message.From, to));
        var delivery = connected && IsCurrent(sender) && _passes?.Invoke(message.From, to, message.Lane, message.Bytes) != false &&
            _sites.TryGetValue(to, out var site)
                ? site.Deliver(message)
                : PeerDelivery.NoReceiver;
        switch (delivery)
        {
            case PeerDelivery.Delivered:
                link.CountDelivered(message.Bytes.Length);
                break;
            case PeerDelivery.Full:
                link.CountOverflow();
                break;
            default:
                link.CountLost();
                break;
        }
    }

    private bool IsCurrent(InProcessPeerNetwork site) => _sites.TryGetValue(site.Member, out var current) && ReferenceEquals(current, site);

    private sealed class Link
    {
        private long _delivered, _bytes, _lost, _overflowed;

        public void CountDelivered(int bytes)
        {
            Interlocked.Increment(ref _delivered);
            Interlocked.Add(ref _bytes, bytes);
        }

        public void CountLost() => Interlocked.Increment(ref _lost);

        public void CountOverflow() => Interlocked.Increment(ref _overflowed);

        public LinkCounters Read() => new(
            Interlocked.Read(ref _delivered), Interlocked.Read(ref _bytes), Interlocked.Read(ref _lost), Interlocked.Read(ref _overflowed));
    }
}
