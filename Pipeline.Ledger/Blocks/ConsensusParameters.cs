using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>The consensus rules that a genesis fixes for every member. Time-outs are each operator's own and live in HOCON.</summary>
/// <param name="HeartbeatMs">An idle chain makes an empty block this often (milliseconds), so that deadline heights arrive.</param>
/// <param name="MaxClockDriftMs">A proposal's time may be this far from a member's clock (milliseconds).</param>
public sealed record ConsensusParameters(int MaxTransactionsPerBlock, int HeartbeatMs, int MaxClockDriftMs) : ICanonical<ConsensusParameters>
{
    public static ConsensusParameters Default { get; } = new(Block.MaxTransactions, 10_000, 30_000);

    public Digest Hash => Digest.Of(Canonical.Encode(this));

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(3).Int(MaxTransactionsPerBlock).Int(HeartbeatMs).Int(MaxClockDriftMs).EndArray();

    public static ConsensusParameters ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var parameters = new ConsensusParameters(
            reader.Int32(1, Block.MaxTransactions), reader.Int32(10, 3_600_000), reader.Int32(10, 3_600_000));
        reader.EndArray();
        return parameters;
    }
}
