namespace Pipeline.Ledger.Governance;

/// <summary>An immutable picture of the open decision after a block.</summary>
/// <param name="Sequence">Of the open decision; those below are done.</param>
/// <param name="Votes">By seat, who voted for what so far.</param>
public sealed record GovernanceInfo(long Sequence, IReadOnlyList<(string Member, GovernanceAction Action)> Votes);
