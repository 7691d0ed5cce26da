namespace Pipeline.Ledger.Bridge;

/// <summary>An immutable picture of a chain's bridge after a block.</summary>
/// <param name="Suspended">The members' kill switch.</param>
/// <param name="Acknowledged">By destination: packets up to this sequence are proved to have been consumed there.</param>
public sealed record BridgeInfo(
    bool Suspended, IReadOnlyList<BridgeGrant> Grants, BridgeLimits? Limits, IReadOnlyDictionary<string, long> Acknowledged);
