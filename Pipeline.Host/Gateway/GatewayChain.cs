using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>A chain that the gateway carries messages of.</summary>
/// <param name="KeyOf">The key of a member as the chain stands now; null for a stranger. Any thread.</param>
/// <param name="Signer">Our own key there.</param>
public sealed record GatewayChain(Digest ChainId, string Name, Func<string, MemberPublicKey?> KeyOf, ISigner Signer)
{
    /// <summary>A chain whose members are those of <paramref name="members"/>.</summary>
    public static GatewayChain Of(Digest chainId, string name, Func<MemberSet> members, ISigner signer) =>
        new(chainId, name, member => members().Find(member)?.Key, signer);
}
