using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Crypto;

/// <summary>
/// The members of one epoch in their fixed order, with equal weight. n members tolerate f = ⌊(n−1)/3⌋ Byzantine ones; a quorum is n−f.
/// </summary>
public sealed class MemberSet : ICanonical<MemberSet>
{
    /// <summary>A bitmap of signers is one 64-bit word.</summary>
    public const int MaxMembers = 64;

    private readonly Dictionary<string, int> _index;

    /// <exception cref="ArgumentException">Empty, too large, or an institution or key named twice.</exception>
    public MemberSet(IReadOnlyList<Member> members)
    {
        if (members.Count is 0 or > MaxMembers)
            throw new ArgumentException($"a chain has 1 to {MaxMembers} members, not {members.Count}", nameof(members));
        if (members.Select(m => m.Key).Distinct().Count() != members.Count)
            throw new ArgumentException("two members share a key", nameof(members));
        Members = members;
        _index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < members.Count; i++)
        {
            if (!_index.TryAdd(members[i].Id, i))
                throw new ArgumentException($"member '{members[i].Id}' is named twice", nameof(members));
        }

        Hash = Digest.Of(Canonical.Encode(this));
    }

    public IReadOnlyList<Member> Members { get; }

    public Digest Hash { get; }

    public int Count => Members.Count;

    public int MaxFaulty => (Count - 1) / 3;

    public int Quorum => Count - MaxFaulty;

    public Member this[int index] => Members[index];

    /// <summary>The seat of an institution, or −1.</summary>
    public int IndexOf(string id) => _index.GetValueOrDefault(id, -1);

    public Member? Find(string id) => _index.TryGetValue(id, out int i) ? Members[i] : null;

    public void WriteTo(CanonicalWriter writer) => writer.List(Members);

    public static MemberSet ReadFrom(CanonicalReader reader)
    {
        try
        {
            return new MemberSet(reader.List<Member>(MaxMembers));
        }
        catch (ArgumentException e)
        {
            throw new CanonicalFormatException(e.Message, e);
        }
    }
}
