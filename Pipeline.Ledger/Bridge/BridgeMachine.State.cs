using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>The canonical form that the state root covers, and the snapshot that a machine is restored from.</summary>
public sealed partial class BridgeMachine
{
    /// <summary>A picture of the whole state, from which <see cref="Restore"/> makes the same machine.</summary>
    /// <param name="version">The <see cref="ProtocolVersion"/> of the block that made the state: what an older one had no words for is not in it.</param>
    public BridgeSnapshot Snapshot(int version) => new(
        [.. Outbox.Leaves], Sequences(_nextOutgoing), [.. _channels.Select(BridgeSnapshot.Channel.Of)],
        version >= ProtocolVersion.ChangingMembers ? Governed() : null);

    /// <summary>Takes the state over.</summary>
    /// <param name="members">Of the next block.</param>
    /// <exception cref="CanonicalFormatException">It is not of the chains that this one trusts.</exception>
    public void Restore(BridgeSnapshot snapshot, MemberSet members)
    {
        var trusted = snapshot.Governance?.Trusted ?? _terms.Trusted;
        if (snapshot.Channels.Count != trusted.Count || (snapshot.Governance is { } governed && governed.Windows.Count != trusted.Count))
            throw new CanonicalFormatException($"{snapshot.Channels.Count} channels where {trusted.Count} chains are trusted");
        _channels = [.. snapshot.Channels.Select((channel, i) => channel.ToChannel(trusted[i]) with { Window = snapshot.Governance?.Windows[i] ?? default })];
        _members = members;
        Outbox = Outbox.Of([.. snapshot.Leaves]);
        Take(_nextOutgoing, snapshot.Outgoing);
        if (snapshot.Governance is not { } state)
            return;
        Take(_nextAck, state.Acknowledged);
        _grants.Clear();
        _grants.AddRange(state.Grants);
        _limits = state.Limits;
        _suspended = state.Suspended;
    }

    /// <inheritdoc cref="Snapshot"/>
    internal void WriteTo(CanonicalWriter writer, int version)
    {
        bool changing = version >= ProtocolVersion.ChangingMembers;
        writer.Array(changing ? 5 : 4).Digest(Outbox.History).Int(Outbox.Leaves.Count).List(Sequences(_nextOutgoing)).Array(_channels.Length);
        foreach (var channel in _channels)
            channel.WriteTo(writer);
        writer.EndArray();
        if (changing)
            writer.Item(Governed());
        writer.EndArray();
    }

    private GovernedBridge Governed() => new(
        [.. _channels.Select(c => c.Client.Chain)], [.. _channels.Select(c => c.Window)], Sequences(_nextAck), [.. _grants], _limits, _suspended);

    private static BridgeSnapshot.Sequence[] Sequences(SortedDictionary<string, long> next) =>
        [.. next.Select(n => new BridgeSnapshot.Sequence(n.Key, n.Value))];

    private static void Take(SortedDictionary<string, long> next, IReadOnlyList<BridgeSnapshot.Sequence> sequences)
    {
        next.Clear();
        foreach (var (chain, sequence) in sequences)
            next[chain] = sequence;
    }
}
