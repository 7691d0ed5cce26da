using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>Two certified headers of one height of one chain, in ascending order of their ids: freezes the client of that chain.</summary>
public sealed record ForkProof(CertifiedHeader First, CertifiedHeader Second) : ICanonical<ForkProof>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Item(First).Item(Second).EndArray();

    public static ForkProof ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var proof = new ForkProof(reader.Item<CertifiedHeader>(), reader.Item<CertifiedHeader>());
        reader.EndArray();
        return proof;
    }
}
