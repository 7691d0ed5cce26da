using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>
/// Decisions of the members, one at a time: each has one vote, which it may change while the decision is open; n−f equal votes decide. Pure and
/// deterministic.
/// </summary>
/// <param name="members">One vote each.</param>
/// <param name="check">Null when the action could take effect now; otherwise why not.</param>
/// <param name="execute">Lets an action that passed <paramref name="check"/> take effect.</param>
public sealed class GovernanceMachine(
    MemberSet members, Func<GovernanceAction, string?> check, Action<GovernanceAction, ICollection<IChainEvent>> execute)
{
    private readonly GovernanceAction?[] _votes = new GovernanceAction?[members.Count];
    private long _sequence = 1;

    public GovernanceInfo Info => new(
        _sequence, [.. Enumerable.Range(0, members.Count).Where(s => _votes[s] is not null).Select(s => (members[s].Id, _votes[s]!))]);

    public string? Check(string sender, GovernanceVote vote)
    {
        int seat = members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (vote.Sequence != _sequence)
            return $"a vote on decision {vote.Sequence}; decision {_sequence} is open";
        if (_votes[seat] == vote.Action)
            return $"'{sender}' has already voted so on decision {_sequence}";
        return check(vote.Action);
    }

    /// <summary>Checks and, when nothing is wrong, takes effect; otherwise returns why not.</summary>
    public string? Apply(string sender, GovernanceVote vote, ICollection<IChainEvent> events)
    {
        if (Check(sender, vote) is { } refusal)
            return refusal;
        _votes[members.IndexOf(sender)] = vote.Action;
        int agreeing = _votes.Count(v => v == vote.Action);
        events.Add(new GovernanceVoted(sender, _sequence, vote.Action, agreeing, members.Quorum));
        if (agreeing < members.Quorum)
            return null;
        events.Add(new GovernanceDecided(_sequence, vote.Action));
        Array.Clear(_votes);
        _sequence++;
        execute(vote.Action, events);
        return null;
    }

    internal void WriteTo(CanonicalWriter writer)
    {
        writer.Array(2).Int(_sequence).Array(_votes.Length);
        foreach (var vote in _votes)
        {
            if (vote is null)
                writer.Bool(false);
            else
                writer.Item(vote);
        }

        writer.EndArray().EndArray();
    }
}
