using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Bridge;

/// <summary>What a chain's genesis says of a chain from which it accepts packets: the starting point of a light client.</summary>
/// <param name="Members">The member set of <paramref name="Epoch"/>.</param>
/// <param name="TrustPeriodMs">
/// The client expires this long (milliseconds) after the newest header it has accepted, or after the own genesis: members of a chain
/// not heard of for so long may have been replaced.
/// </param>
public sealed record TrustedChain(Digest ChainId, string Name, MemberSet Members, long Epoch, long TrustPeriodMs) : ICanonical<TrustedChain>
{
    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(5).Digest(ChainId).Text(Name).Item(Members).Int(Epoch).Int(TrustPeriodMs).EndArray();

    public static TrustedChain ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        var chain = new TrustedChain(
            reader.Digest(), reader.Text(Genesis.MaxNameLength), reader.Item<MemberSet>(), reader.Int(0), reader.Int(1));
        reader.EndArray();
        return chain;
    }
}
