using Akka.Actor.Setup;
using Akka.Configuration;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Host.Site;

/// <summary>One site: what <see cref="SiteNode"/> is built from.</summary>
public sealed record SiteNodeSettings
{
    /// <summary>The institution, lower-case kebab; its member id on every chain.</summary>
    public required string Site { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>Configuration of the site's ActorSystem.</summary>
    public required Config Akka { get; init; }

    /// <summary>TLS to the site's other nodes; null where there are none, or where links are plain.</summary>
    public Setup? Links { get; init; }

    public required IPeerNetwork Network { get; init; }

    public DicomServerSettings Dicom { get; init; } = new();

    /// <summary>The site's own AE title, which answers C-ECHO; empty for none.</summary>
    public string AeTitle { get; init; } = "";

    /// <summary>Images that arrive under these AE titles are ingested; a chain may join later.</summary>
    public IReadOnlyList<ChainRoute> Routes { get; init; } = [];

    /// <summary>Under which spool, quarantine and samples are encrypted at rest.</summary>
    public StorageKeys StorageKeys { get; init; } = StorageKeys.None;

    /// <summary>Zero keeps instances in quarantine for ever.</summary>
    public TimeSpan QuarantineRetention { get; init; } = TimeSpan.Zero;

    public DeidentificationProfile Deidentification { get; init; } = new();

    public SiteIdentity? Identity { get; init; }

    public ConsensusTimeouts Timeouts { get; init; } = ConsensusTimeouts.Default;

    public string Device { get; init; } = "auto";

    public TrainerSettings Trainer { get; init; } = TrainerSettings.Default;

    public HarmGateSettings Gate { get; init; } = new();

    public PersonalizerSettings Personalizer { get; init; } = new();

    public PayloadExchangeSettings Payloads { get; init; } = PayloadExchangeSettings.Default;

    public SnapshotPolicy Snapshots { get; init; } = SnapshotPolicy.Default;

    /// <summary>Threads that one training actor computes with.</summary>
    public int Threads { get; init; } = 1;

    public TrainingPace Pace { get; init; } = TrainingPace.Default;

    public long PayloadQuotaBytes { get; init; } = 16L << 30;

    /// <summary>Limits of the way from the spool to the sample stores; null for the defaults of <see cref="IngestSettings"/>.</summary>
    public IngestLimits? Ingest { get; init; }

    /// <summary>The disk that spool and sample stores are on; tests make it fail.</summary>
    public IDurableFileSystem Files { get; init; } = new DiskFileSystem();

    /// <summary>These with what a configuration says that may change while the site runs; see <see cref="SiteNode.Apply"/>.</summary>
    /// <param name="routes">Of the chains, in the scope that the configuration gives them.</param>
    internal SiteNodeSettings In(SiteSettings site, IReadOnlyList<ChainRoute> routes) => this with
    {
        Dicom = site.Dicom.Server,
        Ingest = site.Ingest,
        QuarantineRetention = site.QuarantineRetention,
        Routes = routes,
        Threads = site.Trainer.StepThreads,
        Pace = new TrainingPace(site.Trainer.RetryInterval, site.Trainer.Paused),
    };
}
