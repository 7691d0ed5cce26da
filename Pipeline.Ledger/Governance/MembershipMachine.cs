using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>
/// Who the members are, epoch by epoch. A change decided in block h is announced by header h+1 and in force from block h+2 on; the next one can be
/// decided from then on. Pure and deterministic.
/// </summary>
public sealed class MembershipMachine
{
    /// <summary>Every so many blocks one is remembered, for joiners to say that they have come that far.</summary>
    public const int CheckpointInterval = 16;

    public const int RememberedCheckpoints = 64;

    private readonly Digest _chainId;
    private readonly ISignatureVerifier _verifier;
    private readonly SortedSet<MemberPublicKey> _retired = new(Comparer<MemberPublicKey>.Create((a, b) => a.Key.CompareTo(b.Key)));
    private readonly Queue<(long Height, Digest Block)> _checkpoints = new();

    public MembershipMachine(Digest chainId, MemberSet members, ISignatureVerifier verifier)
    {
        _chainId = chainId;
        _verifier = verifier;
        Members = Next = members;
        _checkpoints.Enqueue((0, chainId));
    }

    public long Epoch { get; private set; }

    /// <summary>Of the next block.</summary>
    public MemberSet Members { get; private set; }

    /// <summary>Of the block after it.</summary>
    public MemberSet Next { get; private set; }

    /// <summary>Of the epoch before; null in epoch 0.</summary>
    public MemberSet? Previous { get; private set; }

    /// <summary>A change is decided and not yet in force.</summary>
    public bool IsChanging => Next.Hash != Members.Hash;

    /// <summary>What a joiner names now: the newest block that is remembered.</summary>
    public (long Height, Digest Block) Checkpoint => _checkpoints.Last();

    /// <summary>Null when the change can be decided now; otherwise why not.</summary>
    /// <param name="minimum">The fewest members that the chain can go on with.</param>
    /// <param name="isFirst">Nobody has voted for it yet: a joiner's block must still be remembered. Members may take longer to agree.</param>
    public string? Check(GovernanceAction change, int minimum, bool isFirst)
    {
        if (IsChanging)
            return $"the members of epoch {Epoch + 1} are decided already; the next change can be decided when they are in office";
        return change switch
        {
            GovernanceAction.Join join => CheckJoin(join.Joiner, isFirst),
            GovernanceAction.RotateKey rotate => CheckRotation(rotate.Next),
            GovernanceAction.Leave leave => CheckRemoval(leave.Member, minimum),
            GovernanceAction.Revoke revoke => CheckRemoval(revoke.Member, minimum),
            _ => throw new ArgumentException($"{change.GetType().Name} changes no members", nameof(change)),
        };
    }

    /// <summary>After <see cref="Check"/>.</summary>
    public void Decide(GovernanceAction change)
    {
        switch (change)
        {
            case GovernanceAction.Join join:
                Next = new MemberSet([.. Members.Members, join.Joiner.Member]);
                break;
            case GovernanceAction.RotateKey { Next.Member: var renewed }:
                _retired.Add(Members.Find(renewed.Id)!.Key);
                Next = new MemberSet([.. Members.Members.Select(m => m.Id == renewed.Id ? renewed : m)]);
                break;
            case GovernanceAction.Leave leave:
                Next = Without(leave.Member);
                break;
            case GovernanceAction.Revoke revoke:
                _retired.Add(Members.Find(revoke.Member)!.Key);
                Next = Without(revoke.Member);
                break;
        }
    }

    /// <summary>After the block's transactions.</summary>
    /// <param name="announced">The block's header named <see cref="Next"/> as the members of the block after it.</param>
    /// <returns>True when the next block is the first of an epoch.</returns>
    public bool EndBlock(long height, Digest blockId, bool announced, ICollection<IChainEvent> events)
    {
        if (height % CheckpointInterval == 0)
        {
            if (_checkpoints.Count == RememberedCheckpoints)
                _checkpoints.Dequeue();
            _checkpoints.Enqueue((height, blockId));
        }

        if (!announced)
            return false;
        (Previous, Members) = (Members, Next);
        Epoch++;
        events.Add(new EpochStarted(Epoch, height + 1, Members));
        return true;
    }

    /// <summary>A picture of the whole state, from which <see cref="Restore"/> makes the same machine.</summary>
    public MembershipSnapshot Snapshot() => new(
        Epoch, Members, Next, Previous, [.. _retired], [.. _checkpoints.Select(c => new MembershipSnapshot.Checkpoint(c.Height, c.Block))]);

    /// <summary>Takes the state over.</summary>
    /// <exception cref="CanonicalFormatException">It contradicts itself.</exception>
    public void Restore(MembershipSnapshot snapshot)
    {
        if (snapshot.Checkpoints.Count == 0 || snapshot.Epoch == 0 != snapshot.Previous is null)
            throw new CanonicalFormatException("members without a past, or a past without members");
        (Epoch, Members, Next, Previous) = (snapshot.Epoch, snapshot.Members, snapshot.Next, snapshot.Previous);
        _retired.Clear();
        _retired.UnionWith(snapshot.Retired);
        _checkpoints.Clear();
        foreach (var checkpoint in snapshot.Checkpoints)
            _checkpoints.Enqueue((checkpoint.Height, checkpoint.Block));
    }

    private string? CheckJoin(KeyPossession joiner, bool isFirst)
    {
        string id = joiner.Member.Id;
        if (!Genesis.IsChainName(id))
            return $"'{id}' is not lower-case kebab";
        if (Members.IndexOf(id) >= 0)
            return $"'{id}' is a member already";
        if (Members.Count == MemberSet.MaxMembers)
            return $"a chain has at most {MemberSet.MaxMembers} members";
        if (isFirst && !_checkpoints.Contains((joiner.Height, joiner.Block)))
            return $"'{id}' has not shown that it follows this chain: block {joiner.Block.Short} of height {joiner.Height} is none of the checkpoints up to {Checkpoint.Height}";
        return CheckKey(joiner);
    }

    private string? CheckRotation(KeyPossession next) =>
        Members.IndexOf(next.Member.Id) < 0 ? $"'{next.Member.Id}' is not a member" : CheckKey(next);

    private string? CheckKey(KeyPossession possession)
    {
        if (Members.Members.Any(m => m.Key == possession.Member.Key))
            return $"the key of '{possession.Member.Id}' is in use";
        if (_retired.Contains(possession.Member.Key))
            return $"the key of '{possession.Member.Id}' was given up or revoked, and is never taken again";
        return possession.Verify(_chainId, _verifier) ? null : $"the signature by the new key of '{possession.Member.Id}' does not verify";
    }

    private string? CheckRemoval(string member, int minimum)
    {
        if (Members.IndexOf(member) < 0)
            return $"'{member}' is not a member";
        return Members.Count > minimum ? null : $"{Members.Count - 1} members would be left where the chain needs {minimum}; change its policy first";
    }

    private MemberSet Without(string member) => new([.. Members.Members.Where(m => m.Id != member)]);
}
