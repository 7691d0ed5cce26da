using Pipeline.Actors.Bridge;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Host.Site;

/// <summary>What a site needs to take part in one chain.</summary>
public sealed record ChainNodeSettings
{
    public required string Site { get; init; }

    public required string DataDirectory { get; init; }

    public required Genesis Genesis { get; init; }

    public required SiteIdentity Identity { get; init; }

    public required IPeerNetwork Network { get; init; }

    /// <summary>Null = the file in the chain's folder.</summary>
    public ChainJournal? Journal { get; init; }

    /// <summary>Bytes of the genesis' initial model, where this site brings it along; otherwise it is fetched from the members by its digest.</summary>
    public byte[]? InitialModel { get; init; }

    public ConsensusTimeouts Timeouts { get; init; } = ConsensusTimeouts.Default;

    public PayloadExchangeSettings Payloads { get; init; } = PayloadExchangeSettings.Default;

    public SnapshotPolicy Snapshots { get; init; } = SnapshotPolicy.Default;

    /// <summary>Payloads of this chain on disk never exceed it (bytes).</summary>
    public long PayloadQuotaBytes { get; init; } = 16L << 30;

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "auto";

    public TrainerSettings Trainer { get; init; } = TrainerSettings.Default;

    public HarmGateSettings Gate { get; init; } = new();

    public PersonalizerSettings Personalizer { get; init; } = new();

    /// <summary>What the site demands beyond the chain's differential privacy.</summary>
    public PrivacyLimits Limits { get; init; } = PrivacyLimits.None;

    /// <summary>In force now. Any thread.</summary>
    public Func<TrainingPace> Pace { get; init; } = () => TrainingPace.Default;
}
