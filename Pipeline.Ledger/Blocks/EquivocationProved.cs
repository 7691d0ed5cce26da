using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>A block carries proof that a member signed two statements of one type for one height and round of consensus.</summary>
public sealed record EquivocationProved(string Member, StatementType Type, long Height, int Round) : IChainEvent;
