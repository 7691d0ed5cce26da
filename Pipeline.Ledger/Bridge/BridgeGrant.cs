using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>The members' consent that their aggregated backbone goes to another chain.</summary>
/// <param name="Chain">Name of the receiving chain in its genesis.</param>
/// <param name="Purpose">What it may be used for; see <see cref="AuxiliaryPacket.AuxiliaryTraining"/>.</param>
/// <param name="ExpiryTime">Milliseconds since the Unix epoch: nothing is emitted after it, and what was emitted expires with it.</param>
public sealed record BridgeGrant(string Chain, int Purpose, long ExpiryTime) : ICanonical<BridgeGrant>
{
    /// <summary>A grant of the genesis, which names chains alone.</summary>
    public static BridgeGrant Unlimited(string chain) => new(chain, AuxiliaryPacket.AuxiliaryTraining, long.MaxValue);

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Text(Chain).Int(Purpose).Int(ExpiryTime).EndArray();

    public static BridgeGrant ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var grant = new BridgeGrant(reader.Text(Genesis.MaxNameLength), reader.Int32(0, ushort.MaxValue), reader.Int(0));
        reader.EndArray();
        return grant;
    }
}
