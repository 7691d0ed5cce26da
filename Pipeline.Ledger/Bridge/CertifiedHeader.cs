using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>A header with the precommits that decided it.</summary>
public sealed record CertifiedHeader(BlockHeader Header, QuorumCertificate Certificate) : ICanonical<CertifiedHeader>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Item(Header).Item(Certificate).EndArray();

    public static CertifiedHeader ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var certified = new CertifiedHeader(reader.Item<BlockHeader>(), reader.Item<QuorumCertificate>());
        reader.EndArray();
        return certified;
    }
}
