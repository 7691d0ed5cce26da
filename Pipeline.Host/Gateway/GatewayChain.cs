using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>A chain that the gateway carries messages of.</summary>
/// <param name="KeysOf">
/// The keys of a member as the chain stands now: one, or two while a change of it is decided and not yet in force; none for a stranger. Any thread.
/// </param>
/// <param name="Keys">Our own.</param>
public sealed record GatewayChain(Digest ChainId, string Name, Func<string, IReadOnlyList<MemberPublicKey>> KeysOf, MemberKeys Keys)
{
    /// <summary>A chain whose members are those of <paramref name="members"/>.</summary>
    public static GatewayChain Of(Digest chainId, string name, Func<MemberSet> members, MemberKeys keys) =>
        new(chainId, name, member => members().Find(member) is { } seat ? [seat.Key] : [], keys);

    /// <summary>As <see cref="ChainRules"/> say: who comes, or comes under another key, is heard as soon as that is decided.</summary>
    public static GatewayChain Of(Digest chainId, string name, Func<ChainRules> rules, MemberKeys keys) => new(chainId, name, member =>
    {
        var now = rules();
        return [.. new[] { now.Members.Find(member), now.NextMembers.Find(member) }.OfType<Member>().Select(m => m.Key).Distinct()];
    }, keys);
}
