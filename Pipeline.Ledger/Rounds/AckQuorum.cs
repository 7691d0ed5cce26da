using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Rounds;

/// <summary>The rule that a transaction may name a payload only with n−f members' store acks.</summary>
public static class AckQuorum
{
    /// <summary>Null when n−f distinct members acked <paramref name="payload"/> and every signature verifies; otherwise what is wrong.</summary>
    public static string? Verify(
        Digest chainId, MemberSet members, ISignatureVerifier verifier, Digest payload, IReadOnlyList<StoreAck> acks)
    {
        if (acks.Count < members.Quorum)
            return $"{acks.Count} store acks where {members.Quorum} of {members.Count} are a quorum";
        ulong seats = 0;
        foreach (var ack in acks)
        {
            int seat = members.IndexOf(ack.Member);
            if (seat < 0)
                return $"a store ack of '{ack.Member}', who is not a member";
            if ((seats >> seat & 1) != 0)
                return $"two store acks of '{ack.Member}'";
            if (ack.Payload != payload)
                return $"the store ack of '{ack.Member}' is for payload {ack.Payload.Short}, not {payload.Short}";
            if (!ack.Verify(chainId, members, verifier))
                return $"the store ack of '{ack.Member}' does not verify";
            seats |= 1UL << seat;
        }

        return null;
    }
}
