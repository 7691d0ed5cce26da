using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>The way in from one trusted chain. Immutable.</summary>
/// <param name="NextSequence">The only packet that can be consumed next: replay and gap are one integer compare.</param>
/// <param name="Offer">At most one is being judged.</param>
public sealed record BridgeChannel(LightClient Client, long NextSequence, AuxiliaryOffer? Offer)
{
    /// <summary>What came in lately, where members have set limits.</summary>
    public BridgeWindow Window { get; init; }

    internal void WriteTo(CanonicalWriter writer)
    {
        writer.Array(3);
        Client.WriteTo(writer);
        writer.Int(NextSequence).List(Offer is null ? [] : new[] { Offer }).EndArray();
    }
}
