using Pipeline.Actors.Training;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Demo;

/// <summary>The hospitals and what they agreed on: a genesis and first weights for each of the two chains.</summary>
public sealed class DemoConsortium : IDisposable
{
    private static readonly ConsensusParameters Parameters = new(Block.MaxTransactions, HeartbeatMs: 1000, MaxClockDriftMs: 30_000);

    private DemoConsortium(IReadOnlyList<DemoHospital> hospitals, Agreement source, Agreement target)
    {
        Hospitals = hospitals;
        Source = source;
        Target = target;
    }

    /// <param name="Chain">What the chain learns.</param>
    /// <param name="Start">The first weights, a payload named by the genesis.</param>
    public sealed record Agreement(DemoChain Chain, IArchitecture Architecture, Genesis Genesis, FixedPointModel Start)
    {
        public string Id => Chain.Id;
    }

    public IReadOnlyList<DemoHospital> Hospitals { get; }

    /// <summary>The chain with plenty of images.</summary>
    public Agreement Source { get; }

    /// <summary>The chain with few; it trusts the first one's certificates.</summary>
    public Agreement Target { get; }

    public IReadOnlyList<Agreement> Chains => [Source, Target];

    public static DemoConsortium Provision(DemoProfile profile, string folder, int seed, long time)
    {
        DemoHospital[] hospitals = [.. profile.Hospitals.Select(h => DemoHospital.Provision(h, folder, seed))];
        var members = new MemberSet([.. hospitals.Select(h => new Member(h.Site, h.Identity.Signer.PublicKey))]);
        var source = Agree(profile.Source, members, seed, time, []);
        var trusted = new TrustedChain(source.Genesis.ChainId, source.Id, members, 0, (long)TimeSpan.FromDays(7).TotalMilliseconds);
        return new DemoConsortium(hospitals, source, Agree(profile.Target, members, seed, time, [trusted]));
    }

    public void Dispose()
    {
        foreach (var hospital in Hospitals)
            hospital.Dispose();
    }

    private static Agreement Agree(DemoChain chain, MemberSet members, int seed, long time, IReadOnlyList<TrustedChain> trusted)
    {
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(chain.Task);
        var start = FixedPointModel.FromFloats(layout, architecture.Initialize(layout, (ulong)seed));
        var learning = new LearningGenesis(
            chain.Task, layout, chain.Policy, start.Digest, trusted, (long)TimeSpan.FromDays(1).TotalMilliseconds);
        var genesis = new Genesis(Genesis.CurrentVersion, chain.Id, time, members, Parameters, Canonical.Encode(learning));
        return new Agreement(chain, architecture, genesis, start);
    }
}
