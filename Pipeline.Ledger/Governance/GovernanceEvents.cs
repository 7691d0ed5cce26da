using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Governance;

/// <summary>A member voted; <paramref name="Votes"/> of <paramref name="Needed"/> agree with it.</summary>
public sealed record GovernanceVoted(string Member, long Sequence, GovernanceAction Action, int Votes, int Needed) : IChainEvent;

/// <summary>n−f members voted for the action and it took effect in this block.</summary>
public sealed record GovernanceDecided(long Sequence, GovernanceAction Action) : IChainEvent;
