using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>What each trusted chain may bring in, so that one of them cannot occupy or steer the members. Packets beyond are consumed with an error ack.</summary>
/// <param name="WindowMs">Packets and bytes are counted in windows of this length (milliseconds of block time).</param>
/// <param name="Packets">Offers in a window.</param>
/// <param name="Bytes">Backbone payload bytes in a window.</param>
/// <param name="MaxUpdateNorm">Bound on the L2 norm × 2¹⁶ to which the source clips its members' updates: larger steps of one member weigh more.</param>
/// <param name="MaxSpentMicro">
/// Bound on what any contributor of the source has spent of its patients' privacy, ε × 10⁶: a source without differential privacy is beyond it. 0 asks for none.
/// </param>
public sealed record BridgeLimits(long WindowMs, int Packets, long Bytes, long MaxUpdateNorm, long MaxSpentMicro = 0) : ICanonical<BridgeLimits>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(5).Int(WindowMs).Int(Packets).Int(Bytes).Int(MaxUpdateNorm)
        .Int(MaxSpentMicro).EndArray();

    public static BridgeLimits ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        var limits = new BridgeLimits(reader.Int(1), reader.Int32(0), reader.Int(0), reader.Int(0), reader.Int(0));
        reader.EndArray();
        return limits;
    }
}
