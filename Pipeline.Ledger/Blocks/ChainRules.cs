using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>What the next block is made and judged by. A change decided in block h is announced by header h+1 and in force from h+2 on.</summary>
/// <param name="Version">See <see cref="ProtocolVersion"/>.</param>
/// <param name="Epoch">From 0; each change of members begins another.</param>
/// <param name="Members">Who decides the next block.</param>
/// <param name="NextMembers">Who decides the block after it: the same but at the end of an epoch.</param>
/// <param name="PreviousMembers">Those of the epoch before, whose faults can still be proved; null in epoch 0.</param>
public sealed record ChainRules(int Version, long Epoch, MemberSet Members, MemberSet NextMembers, MemberSet? PreviousMembers)
{
    public static ChainRules Of(Genesis genesis) => new(genesis.Version, 0, genesis.Members, genesis.Members, null);

    public bool EndsEpoch => NextMembers.Hash != Members.Hash;

    /// <summary>The members of this epoch or the one before; null for any other.</summary>
    public MemberSet? MembersOf(long epoch) => epoch == Epoch ? Members : epoch == Epoch - 1 ? PreviousMembers : null;

    /// <summary>A member of this epoch or, once its coming is decided, of the next: who may see what only members see.</summary>
    public bool IsMember(string id) => Members.IndexOf(id) >= 0 || NextMembers.IndexOf(id) >= 0;

    /// <summary>Members of this epoch and the next, each once, in the order of their seats.</summary>
    public IEnumerable<string> Everyone => Members.Members.Concat(EndsEpoch ? NextMembers.Members : []).Select(m => m.Id).Distinct();

    /// <summary>Null when a member of <see cref="MembersOf"/> the evidence's epoch is proved to have signed two statements; otherwise what is wrong.</summary>
    public string? Verify(Equivocation evidence, Digest chainId, ISignatureVerifier verifier) => MembersOf(evidence.Epoch) is { } members
        ? evidence.Verify(chainId, members, verifier)
        : $"epoch {evidence.Epoch} is neither this one, {Epoch}, nor the one before";

    /// <summary>Whom the evidence accuses; null where it names no seat of <see cref="MembersOf"/> its epoch.</summary>
    public string? MemberOf(Equivocation evidence) =>
        MembersOf(evidence.Epoch) is { } members && evidence.Seat < members.Count ? members[evidence.Seat].Id : null;
}
