using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>A block with the precommits that decided it.</summary>
public sealed record CommittedBlock(Block Block, QuorumCertificate Certificate) : ICanonical<CommittedBlock>
{
    public long Height => Block.Header.Height;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Item(Block).Item(Certificate).EndArray();

    public static CommittedBlock ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var committed = new CommittedBlock(reader.Item<Block>(), reader.Item<QuorumCertificate>());
        reader.EndArray();
        return committed;
    }
}
