using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>The last header of an epoch, and the members of the next one.</summary>
public sealed record EpochChange(CertifiedHeader Last, MemberSet Next) : ICanonical<EpochChange>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Item(Last).Item(Next).EndArray();

    public static EpochChange ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var change = new EpochChange(reader.Item<CertifiedHeader>(), reader.Item<MemberSet>());
        reader.EndArray();
        return change;
    }
}
