using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;

namespace Pipeline.Actors.Bridge;

/// <summary>
/// Decides, block by block of the source chain, what the destination has yet to hear of it: epochs in order, packets and acks in sequence, each under
/// the newest header. What has not taken effect is said again after a while, because another relay may have been refused, or this one. Pure.
/// </summary>
/// <param name="sourceId">The chain whose blocks come in.</param>
/// <param name="destinationId">The chain that is told.</param>
internal sealed class RelayPlan(Digest sourceId, Digest destinationId)
{
    /// <summary>Blocks of the source until something that has not taken effect is said again.</summary>
    public const int Patience = 8;

    private readonly SortedDictionary<long, EpochChange> _changes = [];
    private readonly Dictionary<long, long> _packets = [];
    private readonly Dictionary<long, long> _acks = [];
    private long _told = -Patience;

    /// <param name="outbox">Of the source, at this block or later.</param>
    /// <param name="destination">The destination's state, at this moment.</param>
    /// <param name="name">The destination's name.</param>
    public IReadOnlyList<RelayItem> Next(ChainProtocol.BlockApplied applied, Outbox outbox, LearningView destination, string name)
    {
        var header = new CertifiedHeader(applied.Block.Block.Header, applied.Block.Certificate);
        foreach (var started in applied.Outcome.Events.OfType<EpochStarted>())
            _changes[header.Header.Epoch] = new EpochChange(header, started.Members);
        if (destination.Channels.FirstOrDefault(c => c.Client.Chain.ChainId == sourceId) is not { Client.Frozen: false } channel)
            return [];
        Forget(channel);
        var items = new List<RelayItem>();
        if (Epochs(channel.Client, header.Header.Epoch) is not { } epochs)
            return items;
        long height = header.Header.Height;
        // A chain of the first protocol version takes epochs with packets alone, and no acks.
        bool takesNews = destination.Rules.Version >= ProtocolVersion.ChangingMembers;
        if (takesNews && height - _told >= Patience && IsNews(channel.Client, header.Header, epochs))
        {
            _told = height;
            items.Add(new RelayItem.News(Update(epochs, header)));
        }

        if (epochs.Count > PacketProof.MaxEpochs)
            return items;
        for (int leaf = 0; leaf < outbox.Leaves.Count && outbox.Leaves[leaf].Height < height; leaf++)
        {
            if (Outbox.PacketIn(outbox.Leaves[leaf]) is { } packet)
            {
                if (packet.Destination == name && IsDue(_packets, packet.Sequence, channel.NextSequence, height))
                    items.Add(new RelayItem.Packet(packet, outbox.Prove(leaf, header, epochs)));
            }
            else if (takesNews && Outbox.AckIn(outbox.Leaves[leaf]) is { } ack && ack.SourceChain == destinationId &&
                IsDue(_acks, ack.Sequence, destination.Bridge.Acknowledged.GetValueOrDefault(channel.Client.Chain.Name) + 1, height))
            {
                items.Add(new RelayItem.Ack(new AckDelivery(ack, outbox.Prove(leaf, header, epochs))));
            }
        }

        return items;
    }

    /// <summary>The height of the source from which on blocks must be known to prove its epochs; null where the destination's client is in the newest.</summary>
    public static long? NeedsBlocksAbove(Digest sourceId, LearningView source, LearningView destination) =>
        destination.Channels.FirstOrDefault(c => c.Client.Chain.ChainId == sourceId) is { Client: var client } && client.Epoch < source.Rules.Epoch
            ? client.Height
            : null;

    /// <summary>Ends of epochs from the client's to the header's; null where one is not known here.</summary>
    private List<EpochChange>? Epochs(LightClient client, long epoch)
    {
        var epochs = new List<EpochChange>();
        for (long e = client.Epoch; e < epoch; e++)
        {
            if (!_changes.TryGetValue(e, out var change))
                return null;
            epochs.Add(change);
        }

        return epochs;
    }

    /// <summary>Other members, or a trust that has half run out.</summary>
    private static bool IsNews(LightClient client, BlockHeader header, List<EpochChange> epochs) =>
        epochs.Count > 0 || (header.Height > client.Height && header.Time - client.TrustTime > client.Chain.TrustPeriodMs / 2);

    /// <summary>As many epochs as one update may bring; the end of the next one is a header of the last.</summary>
    private static ClientUpdate Update(List<EpochChange> epochs, CertifiedHeader header) => epochs.Count > PacketProof.MaxEpochs
        ? new ClientUpdate(epochs[..PacketProof.MaxEpochs], epochs[PacketProof.MaxEpochs].Last)
        : new ClientUpdate(epochs, header);

    /// <summary>Not consumed, and not said yet; or the one that is waited for, said long ago.</summary>
    private static bool IsDue(Dictionary<long, long> said, long sequence, long next, long height)
    {
        if (sequence < next || (said.TryGetValue(sequence, out long before) && (sequence > next || height - before < Patience)))
            return false;
        said[sequence] = height;
        return true;
    }

    private void Forget(BridgeChannel channel)
    {
        foreach (long epoch in _changes.Keys.Where(e => e < channel.Client.Epoch).ToArray())
            _changes.Remove(epoch);
        foreach (long sequence in _packets.Keys.Where(s => s < channel.NextSequence).ToArray())
            _packets.Remove(sequence);
    }
}
