using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>One of our payloads on its way to the others, without I/O: who has acknowledged it, and who is still to be told.</summary>
internal sealed class PayloadPublication
{
    private readonly MemberSet _members;
    private readonly SortedDictionary<int, StoreAck> _acks = [];

    public PayloadPublication(MemberSet members, StoreAck own)
    {
        _members = members;
        _acks[members.IndexOf(own.Member)] = own;
    }

    /// <summary>Those whose acks count; others, or other keys of theirs, make it another publication.</summary>
    public MemberSet Members => _members;

    public bool HasQuorum => _acks.Count >= _members.Quorum;

    public bool IsComplete => _acks.Count == _members.Count;

    /// <summary>In seat order.</summary>
    public IReadOnlyList<StoreAck> Acks => [.. _acks.Values];

    /// <summary>Members without an ack, in seat order.</summary>
    public IEnumerable<string> Missing =>
        _members.Members.Where((_, seat) => !_acks.ContainsKey(seat)).Select(member => member.Id);

    /// <summary>Takes a verified ack; one of each member counts, and none of one that has come since.</summary>
    public void Add(StoreAck ack)
    {
        if (_members.IndexOf(ack.Member) is >= 0 and var seat)
            _acks.TryAdd(seat, ack);
    }

    public string Shortfall =>
        $"{_acks.Count} of {_members.Quorum} store acks; no answer from {string.Join(", ", Missing)}";
}
