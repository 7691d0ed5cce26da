using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>
/// The whole state of a <see cref="BridgeMachine"/>. The state root commits to the leaves by their Merkle root, to member sets by their hash;
/// here they stand in full.
/// </summary>
/// <param name="Outgoing">By destination, ascending.</param>
/// <param name="Channels">In the order in which their chains were trusted.</param>
public sealed record BridgeSnapshot(
    IReadOnlyList<OutboxLeaf> Leaves, IReadOnlyList<BridgeSnapshot.Sequence> Outgoing, IReadOnlyList<BridgeSnapshot.Channel> Channels,
    GovernedBridge? Governance = null)
    : ICanonical<BridgeSnapshot>
{
    /// <summary>A packet and an ack weigh less than a kilobyte; a snapshot holds no more of them.</summary>
    public const int MaxLeaves = 1 << 20;

    public const int MaxChannels = 64;

    /// <param name="Next">Of the next packet to the destination.</param>
    public sealed record Sequence(string Destination, long Next) : ICanonical<Sequence>
    {
        public void WriteTo(CanonicalWriter writer) => writer.Array(2).Text(Destination).Int(Next).EndArray();

        public static Sequence ReadFrom(CanonicalReader reader)
        {
            reader.Array(2);
            var sequence = new Sequence(reader.Text(Genesis.MaxNameLength), reader.Int(1));
            reader.EndArray();
            return sequence;
        }
    }

    /// <summary>A <see cref="BridgeChannel"/> without what the genesis says of its chain.</summary>
    public sealed record Channel(
        Digest ChainId, long Epoch, MemberSet Members, long Height, Digest HeaderId, long TrustTime, bool Frozen, long NextSequence,
        AuxiliaryOffer? Offer) : ICanonical<Channel>
    {
        internal static Channel Of(BridgeChannel channel)
        {
            var client = channel.Client;
            return new Channel(
                client.Chain.ChainId, client.Epoch, client.Members, client.Height, client.HeaderId, client.TrustTime, client.Frozen,
                channel.NextSequence, channel.Offer);
        }

        /// <exception cref="CanonicalFormatException">It is of another chain.</exception>
        internal BridgeChannel ToChannel(TrustedChain chain) => chain.ChainId == ChainId
            ? new BridgeChannel(new LightClient(chain, Epoch, Members, Height, HeaderId, TrustTime, Frozen), NextSequence, Offer)
            : throw new CanonicalFormatException($"a channel of chain {ChainId.Short} where '{chain.Name}' stands in the genesis");

        public void WriteTo(CanonicalWriter writer) => writer.Array(9).Digest(ChainId).Int(Epoch).Item(Members).Int(Height).Digest(HeaderId)
            .Int(TrustTime).Bool(Frozen).Int(NextSequence).List(Offer is null ? [] : new[] { Offer }).EndArray();

        public static Channel ReadFrom(CanonicalReader reader)
        {
            reader.Array(9);
            var channel = new Channel(
                reader.Digest(), reader.Int(0), reader.Item<MemberSet>(), reader.Int(0), reader.Digest(), reader.Int(0), reader.Bool(),
                reader.Int(1), reader.List<AuxiliaryOffer>(1).FirstOrDefault());
            reader.EndArray();
            return channel;
        }
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(Governance is null ? 3 : 4).List(Leaves).List(Outgoing).List(Channels);
        if (Governance is not null)
            writer.Item(Governance);
        writer.EndArray();
    }

    public static BridgeSnapshot ReadFrom(CanonicalReader reader)
    {
        bool governed = reader.Array(3, 4) == 4;
        var snapshot = new BridgeSnapshot(
            reader.List<OutboxLeaf>(MaxLeaves), reader.List<Sequence>(MaxChannels), reader.List<Channel>(MaxChannels),
            governed ? reader.Item<GovernedBridge>() : null);
        reader.EndArray();
        return snapshot;
    }
}
