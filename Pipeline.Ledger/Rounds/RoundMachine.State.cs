using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>The canonical form that the state root covers, and the way back from it.</summary>
public sealed partial class RoundMachine
{
    /// <summary>A picture of the whole state, from which <see cref="Restore"/> makes the same machine.</summary>
    /// <param name="version">The <see cref="ProtocolVersion"/> of the block that made the state: what an older one had no words for is not in it.</param>
    public RoundSnapshot Snapshot(int version) => new(
        _phase, _paused, _round, _lastRound, _base, _seed, _deadline, [.. _contributions], [.. _attestations], [.. _metrics], [.. _excluded],
        [.. _blends], [.. _finals], [.. _closed],
        version >= ProtocolVersion.ChangingMembers ? new GovernedRounds([.. _withdrawn], [.. _erased], _policy) : null)
    {
        Spent = _reports.All,
        Trials = _trials.Snapshot,
    };

    /// <summary>Takes the state over.</summary>
    /// <param name="members">Of the next block.</param>
    /// <exception cref="CanonicalFormatException">It is of another number of members, or contradicts itself.</exception>
    public void Restore(RoundSnapshot snapshot, MemberSet members)
    {
        int seats = members.Count;
        if (snapshot.Contributions.Count != seats || snapshot.Attestations.Count != seats || snapshot.Metrics.Count != seats ||
            snapshot.Excluded.Count != seats || (snapshot.Governance is { } governed && (governed.Withdrawn.Count != seats || governed.Erased.Count != seats)))
            throw new CanonicalFormatException($"rounds of {snapshot.Contributions.Count} members where the chain has {seats}");
        if (snapshot.Phase == RoundPhase.Closed && (snapshot.Closed.Count == 0 || snapshot.Closed[^1].Round != snapshot.Round))
            throw new CanonicalFormatException($"round {snapshot.Round} is closed, and how it closed is not there");
        _trials.Restore(snapshot, (snapshot.Governance?.Policy ?? _policy).Trial, members);
        _members = members;
        _phase = snapshot.Phase;
        _paused = snapshot.Paused;
        _round = snapshot.Round;
        _lastRound = snapshot.LastRound;
        _base = snapshot.Base;
        _seed = snapshot.Seed;
        _deadline = snapshot.DeadlineHeight;
        _contributions = [.. snapshot.Contributions];
        _attestations = [.. snapshot.Attestations];
        _metrics = [.. snapshot.Metrics];
        _excluded = [.. snapshot.Excluded];
        _withdrawn = snapshot.Governance is { } taken ? [.. taken.Withdrawn] : new bool[seats];
        _erased = snapshot.Governance is { } ordered ? [.. ordered.Erased] : new bool[seats];
        _policy = snapshot.Governance?.Policy ?? _policy;
        _blends.Clear();
        foreach (var blend in snapshot.Blends)
            _blends.Enqueue(blend);
        _finals.Clear();
        _finals.AddRange(snapshot.Finals);
        _closed.Clear();
        _closed.AddRange(snapshot.Closed);
        _reports.Restore(snapshot.Spent);
    }
}
