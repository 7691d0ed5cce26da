using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>
/// Decisions of the members, one at a time: each has one vote, which it may change while the decision is open; n−f equal votes decide. Pure and
/// deterministic.
/// </summary>
/// <param name="members">One vote each.</param>
/// <param name="check">Null when the action could take effect now; otherwise why not. Told whether nobody has voted for it yet.</param>
/// <param name="execute">Lets an action that passed <paramref name="check"/> take effect.</param>
public sealed class GovernanceMachine(
    MemberSet members, Func<GovernanceAction, bool, string?> check, Action<GovernanceAction, ICollection<IChainEvent>> execute)
{
    private MemberSet _members = members;

    // By seat; null = none.
    private GovernanceAction?[] _votes = new GovernanceAction?[members.Count];
    private long _sequence = 1;

    public GovernanceInfo Info => new(
        _sequence, [.. Enumerable.Range(0, _members.Count).Where(s => _votes[s] is not null).Select(s => (_members[s].Id, _votes[s]!))]);

    public string? Check(string sender, GovernanceVote vote)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (vote.Sequence != _sequence)
            return $"a vote on decision {vote.Sequence}; decision {_sequence} is open";
        if (_votes[seat]?.Id == vote.Action.Id)
            return $"'{sender}' has already voted so on decision {_sequence}";
        return check(vote.Action, VotesFor(vote.Action) == 0);
    }

    /// <summary>Checks and, when nothing is wrong, takes effect; otherwise returns why not.</summary>
    public string? Apply(string sender, GovernanceVote vote, ICollection<IChainEvent> events)
    {
        if (Check(sender, vote) is { } refusal)
            return refusal;
        _votes[_members.IndexOf(sender)] = vote.Action;
        int agreeing = VotesFor(vote.Action);
        events.Add(new GovernanceVoted(sender, _sequence, vote.Action, agreeing, _members.Quorum));
        if (agreeing < _members.Quorum)
            return null;
        events.Add(new GovernanceDecided(_sequence, vote.Action));
        Array.Clear(_votes);
        _sequence++;
        execute(vote.Action, events);
        return null;
    }

    /// <summary>An epoch begins: votes stay with the members that gave them, and those of members that left are void.</summary>
    public void Seat(MemberSet members)
    {
        _votes = Seats.Move(_votes, _members, members);
        _members = members;
    }

    /// <summary>A picture of the whole state, from which <see cref="Restore"/> makes the same machine.</summary>
    public GovernanceSnapshot Snapshot() => new(_sequence, [.. _votes]);

    /// <summary>Takes the state over.</summary>
    /// <param name="members">Of the next block.</param>
    /// <exception cref="CanonicalFormatException">It is of another number of members.</exception>
    public void Restore(GovernanceSnapshot snapshot, MemberSet members)
    {
        if (snapshot.Votes.Count != members.Count)
            throw new CanonicalFormatException($"votes of {snapshot.Votes.Count} members where the chain has {members.Count}");
        _members = members;
        _sequence = snapshot.Sequence;
        _votes = [.. snapshot.Votes];
    }

    private int VotesFor(GovernanceAction action) => _votes.Count(v => v?.Id == action.Id);
}
