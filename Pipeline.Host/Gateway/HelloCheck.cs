using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>Decides whom a link leads to and which chains it may carry. Pure.</summary>
internal sealed class HelloCheck(string self, ISignatureVerifier verifier)
{
    /// <summary>With which a hello may prove its sender on one chain: the present one, and the one to come.</summary>
    private const int MaxKeys = 2;

    /// <param name="Chains">The chains in common with the sender's key on each, where nothing is refused.</param>
    /// <param name="Refusal">Null when the sender is who it says.</param>
    public sealed record Verdict(IReadOnlyDictionary<Digest, MemberPublicKey> Chains, string? Refusal);

    /// <param name="theirs">SHA-256 of the sender's TLS certificate on this connection.</param>
    /// <param name="ours">SHA-256 of our own.</param>
    /// <param name="chains">Ours, by id.</param>
    /// <param name="expected">Whom we dialled; null for an accepted link.</param>
    public Verdict Judge(Hello hello, Digest theirs, Digest ours, IReadOnlyDictionary<Digest, GatewayChain> chains, string? expected = null)
    {
        string member = hello.Member;
        if (hello.Version != Hello.CurrentVersion)
            return Refuse($"speaks version {hello.Version} of the gateway's protocol, this is {Hello.CurrentVersion}");
        if (!Genesis.IsChainName(member))
            return Refuse("its name is no member's");
        if (member == self)
            return Refuse($"calls itself '{member}', which is this site");
        if (expected is not null && member != expected)
            return Refuse($"is '{member}' where pipeline.gateway.peers names '{expected}'");
        var common = new Dictionary<Digest, MemberPublicKey>();
        string? stranger = null;
        foreach (var seats in hello.Seats.GroupBy(seat => seat.ChainId))
        {
            if (!chains.TryGetValue(seats.Key, out var chain))
                continue;
            if (chain.KeysOf(member) is not { Count: > 0 } keys)
            {
                stranger = $"'{member}' is no member of chain '{chain.Name}'";
                continue;
            }

            byte[] signed = Hello.SigningBytes(seats.Key, member, hello.Instance, theirs, ours);
            // Of two that verify the newer one: the link outlives the change.
            int proved = keys.Count - 1;
            while (proved >= 0 && !seats.Take(MaxKeys).Any(seat => verifier.Verify(keys[proved], signed, seat.Signature)))
                proved--;
            if (proved < 0)
                return Refuse($"its hello is not signed by the key that chain '{chain.Name}' knows '{member}' by");
            common[seats.Key] = keys[proved];
        }

        if (common.Count > 0)
            return new Verdict(common, null);
        return Refuse(stranger ?? $"none of the {hello.Seats.Count} chains of '{member}' is one of ours: another genesis has another chain id");
    }

    private static Verdict Refuse(string reason) => new(new Dictionary<Digest, MemberPublicKey>(), reason);
}
