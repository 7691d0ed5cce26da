using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>Proof that a packet is a leaf of the source chain's outbox.</summary>
/// <param name="Epochs">Epoch-ending headers since the client's epoch, in order; mostly none.</param>
/// <param name="Header">A header above the packet's height: its outbox root covers the leaf.</param>
/// <param name="LeafIndex">Place of the packet in the outbox.</param>
/// <param name="LeafCount">Leaves that the header's root covers.</param>
/// <param name="Path">RFC 9162 audit path.</param>
public sealed record PacketProof(
    IReadOnlyList<EpochChange> Epochs, CertifiedHeader Header, long LeafIndex, long LeafCount, IReadOnlyList<Digest> Path)
    : ICanonical<PacketProof>
{
    public const int MaxEpochs = 8;

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(5).List(Epochs).Item(Header).Int(LeafIndex).Int(LeafCount).Array(Path.Count);
        foreach (var node in Path)
            writer.Digest(node);
        writer.EndArray().EndArray();
    }

    public static PacketProof ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        var epochs = reader.List<EpochChange>(MaxEpochs);
        var header = reader.Item<CertifiedHeader>();
        long index = reader.Int(0), size = reader.Int(1);
        var path = new Digest[reader.ArrayHeader(MerkleTree.MaxPathLength)];
        for (int i = 0; i < path.Length; i++)
            path[i] = reader.Digest();
        reader.EndArray();
        reader.EndArray();
        return new PacketProof(epochs, header, index, size, path);
    }
}
