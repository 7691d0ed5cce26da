using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>The application part of a learning chain's <see cref="Blocks.Genesis"/>.</summary>
/// <param name="InitialModel">Digest of the <see cref="FixedPointModel"/> that round 1 starts from; a payload, not a seed.</param>
/// <param name="TrustedChains">Chains from which packets are accepted, each id and name once.</param>
/// <param name="PacketLifetimeMs">An emitted packet expires this long (milliseconds) after the block that emitted it.</param>
public sealed record LearningGenesis(
    TaskDescriptor Task, ModelLayout Layout, RoundPolicy Policy, Digest InitialModel, IReadOnlyList<TrustedChain> TrustedChains,
    long PacketLifetimeMs) : ICanonical<LearningGenesis>
{
    public const int Version = 1;
    public const int MaxTrustedChains = 64;

    public void WriteTo(CanonicalWriter writer) => writer.Array(7).Int(Version).Item(Task).Item(Layout).Item(Policy)
        .Digest(InitialModel).List(TrustedChains).Int(PacketLifetimeMs).EndArray();

    public static LearningGenesis ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        reader.Int32(Version, Version);
        var genesis = new LearningGenesis(
            reader.Item<TaskDescriptor>(), reader.Item<ModelLayout>(), reader.Item<RoundPolicy>(), reader.Digest(),
            reader.List<TrustedChain>(MaxTrustedChains), reader.Int(1));
        reader.EndArray();
        var trusted = genesis.TrustedChains;
        if (genesis.Policy.Update?.ClassWeights is { } weights && weights.Ppm.Count != genesis.Task.Classes.Count)
            throw new CanonicalFormatException($"{weights.Ppm.Count} class weights for {genesis.Task.Classes.Count} classes");
        if (genesis.Policy.Contradiction() is var (setting, why))
            throw new CanonicalFormatException($"{setting}: {why}");
        return trusted.Select(c => c.ChainId).Distinct().Count() == trusted.Count && trusted.Select(c => c.Name).Distinct().Count() == trusted.Count
            ? genesis
            : throw new CanonicalFormatException("a trusted chain is named twice");
    }
}
