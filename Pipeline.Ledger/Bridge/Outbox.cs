using System.Collections.Immutable;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <param name="Height">The block that emitted it.</param>
/// <param name="Bytes">Canonical [kind, content].</param>
public sealed record OutboxLeaf(long Height, byte[] Bytes) : ICanonical<OutboxLeaf>
{
    public const int MaxBytes = 4096;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Height).Bytes(Bytes).EndArray();

    public static OutboxLeaf ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var leaf = new OutboxLeaf(reader.Int(1), reader.Bytes(MaxBytes));
        reader.EndArray();
        return leaf;
    }
}

/// <summary>
/// Everything a chain has said to others, in order: the leaves of an RFC 9162 tree whose root stands in every header. Append-only and
/// immutable: an instance is a picture that any thread may keep and prove from.
/// </summary>
public sealed class Outbox
{
    private readonly ImmutableList<OutboxLeaf> _leaves;

    private Outbox(ImmutableList<OutboxLeaf> leaves)
    {
        _leaves = leaves;
        Root = MerkleTree.Root([.. leaves.Select(l => l.Bytes)]);
        History = MerkleTree.Root([.. leaves.Select(Canonical.Encode)]);
    }

    public static Outbox Empty { get; } = new([]);

    public Digest Root { get; }

    /// <summary>Commits to the leaves with their heights, which <see cref="Root"/> does not.</summary>
    internal Digest History { get; }

    public IReadOnlyList<OutboxLeaf> Leaves => _leaves;

    internal static Outbox Of(IReadOnlyCollection<OutboxLeaf> leaves) => new([.. leaves]);

    /// <summary>The packet in a leaf; null where it is an ack.</summary>
    public static AuxiliaryPacket? PacketIn(OutboxLeaf leaf) =>
        Canonical.TryDecode<OutboxPacket>(leaf.Bytes, out var content, out _) ? content.Packet : null;

    /// <summary>The ack in a leaf; null where it is a packet.</summary>
    public static PacketAck? AckIn(OutboxLeaf leaf) => Canonical.TryDecode<OutboxAck>(leaf.Bytes, out var content, out _) ? content.Ack : null;

    public Outbox Add(long height, AuxiliaryPacket packet) => new(_leaves.Add(new OutboxLeaf(height, LeafOf(packet))));

    public Outbox Add(long height, PacketAck ack) => new(_leaves.Add(new OutboxLeaf(height, LeafOf(ack))));

    /// <summary>The leaf that commits to a packet.</summary>
    public static byte[] LeafOf(AuxiliaryPacket packet) => Canonical.Encode(new OutboxPacket(packet));

    public static byte[] LeafOf(PacketAck ack) => Canonical.Encode(new OutboxAck(ack));

    /// <summary>
    /// The proof of leaf <paramref name="index"/> under <paramref name="header"/>, which commits to the leaves of all blocks below it.
    /// </summary>
    /// <exception cref="ArgumentException">The header does not cover the leaf yet: use one above the leaf's height.</exception>
    public PacketProof Prove(long index, CertifiedHeader header, IReadOnlyList<EpochChange>? epochs = null)
    {
        var covered = _leaves.TakeWhile(l => l.Height < header.Header.Height).Select(l => l.Bytes).ToArray();
        if (index < 0 || index >= covered.Length)
            throw new ArgumentException($"header {header.Header.Height} covers {covered.Length} leaves, not leaf {index}", nameof(header));
        return new PacketProof(epochs ?? [], header, index, covered.Length, MerkleTree.InclusionProof(covered, (int)index));
    }
}
