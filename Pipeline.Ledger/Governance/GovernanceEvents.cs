using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Governance;

/// <summary>A member voted; <paramref name="Votes"/> of <paramref name="Needed"/> agree with it.</summary>
public sealed record GovernanceVoted(string Member, long Sequence, GovernanceAction Action, int Votes, int Needed) : IChainEvent;

/// <summary>n−f members voted for the action and it took effect in this block.</summary>
public sealed record GovernanceDecided(long Sequence, GovernanceAction Action) : IChainEvent;

/// <summary>Other members, or other keys, decide from block <paramref name="FirstHeight"/> on.</summary>
public sealed record EpochStarted(long Epoch, long FirstHeight, MemberSet Members) : IChainEvent;

/// <summary>The policy in force from the next block on.</summary>
public sealed record PolicyChanged(RoundPolicy Policy) : IChainEvent;

/// <summary>Blocks from <paramref name="FirstHeight"/> on follow the rules of <paramref name="Version"/>.</summary>
public sealed record ProtocolUpgraded(int Version, long FirstHeight) : IChainEvent;
