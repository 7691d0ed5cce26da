using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>What members decide about the bridge since the second protocol version; null in the state of a chain before it.</summary>
/// <param name="Trusted">Chains of the channels, in their order.</param>
/// <param name="Windows">Of the channels, in their order.</param>
/// <param name="Acknowledged">By destination, ascending: the next ack to come.</param>
public sealed record GovernedBridge(
    IReadOnlyList<TrustedChain> Trusted, IReadOnlyList<BridgeWindow> Windows, IReadOnlyList<BridgeSnapshot.Sequence> Acknowledged, IReadOnlyList<BridgeGrant> Grants,
    BridgeLimits? Limits, bool Suspended) : ICanonical<GovernedBridge>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(6).List(Trusted).List(Windows).List(Acknowledged).List(Grants)
        .List(Limits is null ? [] : new[] { Limits }).Bool(Suspended).EndArray();

    public static GovernedBridge ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var governed = new GovernedBridge(
            reader.List<TrustedChain>(BridgeSnapshot.MaxChannels), reader.List<BridgeWindow>(BridgeSnapshot.MaxChannels), reader.List<BridgeSnapshot.Sequence>(BridgeSnapshot.MaxChannels),
            reader.List<BridgeGrant>(BridgeSnapshot.MaxChannels), reader.List<BridgeLimits>(1).FirstOrDefault(), reader.Bool());
        reader.EndArray();
        return governed;
    }
}
