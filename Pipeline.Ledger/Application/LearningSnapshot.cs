using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// The whole state of a <see cref="LearningApplication"/> after a block, in the canonical bytes that a replica is restored from. A chain's
/// members find out a changed one by the state root in the next header.
/// </summary>
/// <param name="Time">Time of the last block (milliseconds since the Unix epoch).</param>
/// <param name="LastBlock">Its id; zero after the genesis.</param>
public sealed record LearningSnapshot(
    long Height, long Time, Digest LastBlock, RoundSnapshot Rounds, BridgeSnapshot Bridge, GovernanceSnapshot Governance)
    : ICanonical<LearningSnapshot>
{
    /// <summary>A build restores the versions up to its own; whatever the state gains is a new one.</summary>
    public const int Version = 1;

    public void WriteTo(CanonicalWriter writer) => writer.Array(7).Int(Version).Int(Height).Int(Time).Digest(LastBlock).Item(Rounds).Item(Bridge)
        .Item(Governance).EndArray();

    public static LearningSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        reader.Int32(Version, Version);
        var snapshot = new LearningSnapshot(
            reader.Int(0), reader.Int(0), reader.Digest(), reader.Item<RoundSnapshot>(), reader.Item<BridgeSnapshot>(),
            reader.Item<GovernanceSnapshot>());
        reader.EndArray();
        return snapshot;
    }
}
