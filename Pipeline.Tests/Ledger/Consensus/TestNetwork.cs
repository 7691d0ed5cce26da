using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Delivers at once, counts bytes, remembers what every member said, and can cut members off.</summary>
internal sealed class TestNetwork
{
    private readonly ConcurrentDictionary<(string Member, Digest Chain, PeerLane Lane), ImmutableHashSet<IActorRef>> _receivers = [];
    private readonly ConcurrentDictionary<string, bool> _cut = [];

    public ConcurrentQueue<(string From, string To, byte[] Bytes)> Sent { get; } = [];

    public IPeerNetwork Join(string member) => new Port(this, member);

    public void Cut(string member) => _cut[member] = true;

    public void Heal(string member) => _cut.TryRemove(member, out _);

    /// <summary>Votes and proposals of its own that a member sent, from the <paramref name="since"/>th message on.</summary>
    public IEnumerable<(StatementType Type, long Height, int Round, Digest BlockId)> SaidBy(int seat, string member, int since = 0) => Sent.Skip(since)
        .Where(sent => sent.From == member)
        .SelectMany(sent => Canonical.Decode<ChainMessage>(sent.Bytes) switch
        {
            ChainMessage.Votes votes => votes.Items.Where(v => v.Seat == seat).Select(v => (v.Type, v.Height, v.Round, v.BlockId)),
            ChainMessage.Propose { Proposal: var p } => [(StatementType.Proposal, p.Block.Header.Height, p.Round, p.Block.Id)],
            _ => [],
        });

    /// <summary>Everything each member signed in what it sent itself: one statement for one (height, round, type), ever.</summary>
    public void AssertNobodySignedTwice(MemberSet members)
    {
        var said = new Dictionary<(int, long, int, StatementType), (Digest, int)>();
        foreach (var (from, _, bytes) in Sent)
        {
            int seat = members.IndexOf(from);
            switch (Canonical.Decode<ChainMessage>(bytes))
            {
                case ChainMessage.Votes votes:
                    foreach (var vote in votes.Items.Where(v => v.Seat == seat))
                        Check((seat, vote.Height, vote.Round, vote.Type), (vote.BlockId, -1));
                    break;
                case ChainMessage.Propose { Proposal: var p }:
                    Check((seat, p.Height, p.Round, StatementType.Proposal), (p.Block.Id, p.ValidRound));
                    break;
            }
        }

        Assert.NotEmpty(said);

        void Check((int, long, int, StatementType) key, (Digest, int) what)
        {
            if (!said.TryAdd(key, what))
                Assert.Equal((key, said[key]), (key, what));
        }
    }

    private sealed class Port(TestNetwork hub, string member) : IPeerNetwork
    {
        private readonly ConcurrentDictionary<(Digest, PeerLane), long> _bytes = [];

        public void Register(Digest chainId, PeerLane lane, IActorRef receiver) =>
            hub._receivers.AddOrUpdate((member, chainId, lane), [receiver], (_, all) => all.Add(receiver));

        public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) =>
            hub._receivers.AddOrUpdate((member, chainId, lane), [], (_, all) => all.Remove(receiver));

        public void Send(string to, Digest chainId, PeerLane lane, byte[] bytes)
        {
            if (to == member)
                throw new ArgumentException("a member sends to itself", nameof(to));
            _bytes.AddOrUpdate((chainId, lane), bytes.Length, (_, sum) => sum + bytes.Length);
            if (lane != PeerLane.Payload)
                hub.Sent.Enqueue((member, to, bytes));
            if (hub._cut.ContainsKey(member) || hub._cut.ContainsKey(to) || !hub._receivers.TryGetValue((to, chainId, lane), out var receivers))
                return;
            foreach (var receiver in receivers)
                receiver.Tell(new PeerMessage(chainId, member, lane, bytes));
        }

        public long BytesSent(Digest chainId, PeerLane lane) => _bytes.GetValueOrDefault((chainId, lane));
    }
}
