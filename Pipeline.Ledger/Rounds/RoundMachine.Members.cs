using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>Who takes part: exclusion, withdrawal, other members and another policy.</summary>
public sealed partial class RoundMachine
{
    /// <summary>A member's equivocation is proved on the chain: what the policy says about it happens.</summary>
    public void Convict(string member, ICollection<IChainEvent> events)
    {
        int seat = _members.IndexOf(member);
        if (_policy.OnEquivocation != EquivocationPolicy.Exclude || seat < 0 || _excluded[seat])
            return;
        _excluded[seat] = true;
        // A closed round is being aggregated as it stands.
        if (_phase == RoundPhase.Open)
            _contributions[seat] = null;
        events.Add(new MemberExcluded(member, _phase == RoundPhase.Open ? _round : _round + 1));
    }

    /// <summary>Null when the member can be readmitted now; otherwise why not.</summary>
    public string? CheckReadmit(string member) => _members.IndexOf(member) is >= 0 and var seat && (_excluded[seat] || _withdrawn[seat])
        ? null
        : $"'{member}' is not excluded and has not withdrawn";

    /// <summary>After <see cref="CheckReadmit"/>: the member may contribute to the round under way.</summary>
    public void Readmit(string member, ICollection<IChainEvent> events)
    {
        int seat = _members.IndexOf(member);
        _excluded[seat] = _withdrawn[seat] = _erased[seat] = false;
        events.Add(new MemberReadmitted(member));
    }

    public string? Check(string sender, Withdrawal withdrawal)
    {
        int seat = _members.IndexOf(sender);
        if (seat < 0)
            return $"'{sender}' is not a member";
        if (withdrawal.Round != _round)
            return $"a withdrawal in round {withdrawal.Round}; round {_round} is the newest";
        return _withdrawn[seat] && (!withdrawal.Erase || _erased[seat]) ? $"'{sender}' has withdrawn already" : null;
    }

    /// <inheritdoc cref="Apply(string, Contribution)"/>
    public string? Apply(string sender, Withdrawal withdrawal, ICollection<IChainEvent> events)
    {
        if (Check(sender, withdrawal) is { } refusal)
            return refusal;
        int seat = _members.IndexOf(sender);
        _withdrawn[seat] = true;
        _erased[seat] |= withdrawal.Erase;
        // A closed round is being aggregated as it stands.
        if (_phase == RoundPhase.Open)
            _contributions[seat] = null;
        events.Add(new MemberWithdrew(sender, _phase == RoundPhase.Open ? _round : _round + 1, withdrawal.Erase));
        return null;
    }

    /// <summary>Null when the members can change the policy so; otherwise why not.</summary>
    public string? Check(PolicyChange change) => change.Quorum > _members.Count
        ? $"a quorum of {change.Quorum} contributions with {_members.Count} members"
        : change.ApplyTo(_policy) == _policy ? "the policy is so already" : null;

    /// <summary>After <see cref="Check(PolicyChange)"/>; an open round keeps its deadline.</summary>
    public void Apply(PolicyChange change) => _policy = change.ApplyTo(_policy);

    /// <summary>An epoch begins: what members gave to an open round goes with those that left; a closed round is aggregated as it stands, and of a trial the verdicts of those that stay count.</summary>
    public void Seat(MemberSet members)
    {
        _contributions = Seats.Move(_contributions, _members, members);
        _attestations = Seats.Move(_attestations, _members, members);
        _metrics = Seats.Move(_metrics, _members, members);
        _excluded = Seats.Move(_excluded, _members, members);
        _withdrawn = Seats.Move(_withdrawn, _members, members);
        _erased = Seats.Move(_erased, _members, members);
        _trials.Seat(members);
        _members = members;
    }

    private string[] Those(bool[] bySeat) => [.. Enumerable.Range(0, _members.Count).Where(seat => bySeat[seat]).Select(seat => _members[seat].Id)];
}
