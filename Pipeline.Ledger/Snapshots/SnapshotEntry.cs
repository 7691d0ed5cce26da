using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Snapshots;

/// <summary>A snapshot that a member holds, and where in its own journal to go on from it.</summary>
/// <param name="Next">The header above the state: what the snapshot is checked against.</param>
/// <param name="Content">Digest of the canonical <see cref="ChainSnapshot"/>, a payload of the chain.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="SequenceNumber">The journal entry that brought the chain to the snapshot's height.</param>
/// <param name="Seal">Of that entry: shows that the journal is the one the snapshot was taken of.</param>
public sealed record SnapshotEntry(CertifiedHeader Next, Digest Content, long Bytes, long SequenceNumber, Digest Seal) : ICanonical<SnapshotEntry>
{
    public const int Version = 1;

    /// <summary>No entry is larger (bytes): a header and a certificate of the largest member set.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>The state is that after this height.</summary>
    public long Height => Next.Header.Height - 1;

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Int(Version).Item(Next).Digest(Content).Int(Bytes).Int(SequenceNumber).Digest(Seal).EndArray();

    public static SnapshotEntry ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        reader.Int32(Version, Version);
        var entry = new SnapshotEntry(
            reader.Item<CertifiedHeader>(), reader.Digest(), reader.Int(1, ChainSnapshot.MaxBytes), reader.Int(2), reader.Digest());
        reader.EndArray();
        return entry;
    }
}
