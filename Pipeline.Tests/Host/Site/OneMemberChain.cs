using Pipeline.Actors.Training;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Tests.Host.Site;

/// <summary>A chain of one member, <c>north</c>, that learns for one round.</summary>
internal static class OneMemberChain
{
    public static TaskDescriptor Task { get; } = new("CR", "CHEST", 32, 32, ["normal", "opacity"], "residual-cnn-small");

    public static (Genesis Genesis, byte[] Model) Create(TaskDescriptor task, SiteIdentity identity, string name = "chest")
    {
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(task);
        var start = FixedPointModel.FromFloats(layout, architecture.Initialize(layout, 5));
        var policy = new RoundPolicy(
            1, Quorum: 1, DeadlineBlocks: 20, LocalSteps: 2, BatchSize: 8, LearningRatePpm: 5_000, WeightDecayPpm: 100, DensityPpm: 16_000,
            MaxNorm: 64L * RoundPolicy.One, ServerMomentumQ16: 0, ServerRateQ16: RoundPolicy.One, BridgeEvery: 0, BridgeGrants: [], BlendQ16: RoundPolicy.One);
        var learning = new LearningGenesis(task, layout, policy, start.Digest, [], (long)TimeSpan.FromDays(1).TotalMilliseconds);
        var genesis = new Genesis(
            Genesis.CurrentVersion, name, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), new MemberSet([new Member("north", identity.Signer.PublicKey)]),
            new ConsensusParameters(Block.MaxTransactions, HeartbeatMs: 1000, MaxClockDriftMs: 30_000), Canonical.Encode(learning));
        return (genesis, start.ToBytes());
    }

    /// <summary>Puts the chain where a site that is about to start finds it.</summary>
    public static void Install(string dataDirectory)
    {
        using var identity = SiteIdentity.LoadOrCreate(dataDirectory);
        var (genesis, model) = Create(Task, identity);
        var folder = new ChainFolder(dataDirectory, genesis.Name);
        folder.WriteGenesis(genesis);
        new FilePayloadStore(folder.Payloads, 1L << 30).Put(model);
    }
}
