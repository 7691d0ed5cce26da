using Pipeline.Host.Cluster;

namespace Pipeline.Host.Monitoring;

/// <summary>A site at a moment: what the page, the metrics, the health checks and <c>pipeline status</c> are all made from. No secret and no patient in it.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Problems">What an operator should look at, in words; empty when all is well.</param>
/// <param name="Peers">Links to other institutions that are up, and those configured that are not.</param>
public sealed record SiteStatus(
    string Site, string Version, DateTimeOffset Time, DateTimeOffset Started, IReadOnlyList<string> Problems, DicomState Dicom, SpoolState Spool, DiskState Disk,
    IReadOnlyList<ChainState> Chains, IReadOnlyList<PeerState> Peers)
{
    /// <summary>The stages run: what arrives is handled.</summary>
    public required bool Live { get; init; }

    /// <summary>Of a site of several nodes, as this one sees them; empty where this process is the whole site.</summary>
    public IReadOnlyList<ClusterMember> Nodes { get; init; } = [];

    /// <summary>Live, instances are taken, and every joined chain is followed without falling behind.</summary>
    public bool Ready => Live && Spool.Obstruction is null && Chains.All(chain => !chain.Joined || chain.Healthy);
}

/// <param name="Port">Without TLS; 0 where there is none.</param>
/// <param name="TlsPort">With TLS; 0 where there is none.</param>
/// <param name="Associations">Open now.</param>
/// <param name="Connections">Open now, associations among them.</param>
/// <param name="Admitted">Associations since the start.</param>
/// <param name="Refused">Associations that found no place since the start.</param>
public sealed record DicomState(string AeTitle, int Port, int TlsPort, int Associations, int Connections, long Admitted, long Refused);

/// <param name="Acknowledged">Instances that were answered with success, since the spool was made.</param>
/// <param name="Pending">Durable, and not yet handled by the stages.</param>
/// <param name="Obstruction">Why no instance is taken; null where they are.</param>
public sealed record SpoolState(long Acknowledged, long Pending, string? Obstruction);

/// <param name="FreeBytes">Of the data directory's disk.</param>
public sealed record DiskState(long FreeBytes, long TotalBytes);

/// <summary>One instance count of a chain.</summary>
/// <param name="Outcome">stored, awaiting-label, assembling, repeated, quarantined, out-of-scope or removed.</param>
/// <param name="Reason">Empty where the outcome has none.</param>
public sealed record InstanceCount(string Outcome, string Reason, long Count);

/// <param name="Split">train, validation or test.</param>
public sealed record SampleCount(string Split, string Class, int Count);

/// <param name="Round">From 1.</param>
/// <param name="Loss">Mean loss of this site's local steps (nats); null where it did not train or that is not known any more.</param>
/// <param name="Contributions">Members whose update is in the round; null while it is open.</param>
/// <param name="UpdateBytes">Of this site's update; 0 where it sent none.</param>
public sealed record RoundPoint(long Round, double? Loss, int? Contributions, int UpdateBytes)
{
    /// <summary>Nodes of this site whose gradients are in its update; null where it did not train or that is not known any more.</summary>
    public int? Trainers { get; init; }
}

/// <summary>A member in the open round.</summary>
/// <param name="Standing">contributed, or voted while a trial is judged; waiting, excluded or withdrawn.</param>
public sealed record MemberState(string Name, string Standing);

/// <summary>The way in from another chain.</summary>
/// <param name="Height">To which its headers are verified.</param>
/// <param name="Packets">Consumed so far.</param>
/// <param name="Unusable">Why nothing of it is believed; null where it is.</param>
public sealed record BridgeState(string Source, long Epoch, long Height, long Packets, string? Unusable);

/// <summary>A trial of an offered backbone, as far as this site has seen it.</summary>
/// <param name="Began">Its first round; of a trial that was under way when the process started, at the latest.</param>
/// <param name="Standing">offered or own, by the branch of the open round; voting; accepted or refused.</param>
/// <param name="Reason">Why it ended so; empty before.</param>
public sealed record TrialState(long Began, string Standing, string Reason = "")
{
    public bool IsOn => Standing is not "accepted" and not "refused";
}

/// <summary>What this site's learner did on a chain since the process started.</summary>
public sealed record LearnerTotals(long Updates, long Skipped, long Troubles, long OffersAccepted, long OffersRefused)
{
    /// <summary>What it last complained of; null for nothing.</summary>
    public string? LastTrouble { get; init; }

    /// <summary>What it does now, in a word or two.</summary>
    public string Activity { get; init; } = "waiting";

    /// <summary>The newest trial of an offered backbone; null where none was seen.</summary>
    public TrialState? Trial { get; init; }

    /// <summary>Trials that ended with the offered backbone.</summary>
    public long TrialsAccepted { get; init; }

    /// <summary>Trials that ended without it.</summary>
    public long TrialsRefused { get; init; }
}

/// <summary>One chain at this site.</summary>
/// <param name="Joined">Its genesis is in place; else images are ingested and nothing more.</param>
public sealed record ChainState(string Name, string AeTitle, bool Joined)
{
    /// <summary>Another node of the site takes part in it at this moment; see <see cref="SiteStatus.Nodes"/>.</summary>
    public bool Elsewhere { get; init; }

    public IReadOnlyList<InstanceCount> Instances { get; init; } = [];

    /// <summary>Instances that came under its AE title.</summary>
    public long Received { get; init; }

    public IReadOnlyList<SampleCount> Samples { get; init; } = [];

    /// <summary>The replica answers and is not catching up.</summary>
    public bool Healthy { get; init; }

    /// <summary>Why not; null where it is healthy or not joined.</summary>
    public string? Ailment { get; init; }

    /// <summary>Blocks; 0 before the first.</summary>
    public long Height { get; init; }

    /// <summary>Since the last block (s); null before the first.</summary>
    public double? BlockAge { get; init; }

    public bool Syncing { get; init; }

    /// <summary>Consensus round of the next height; above 0 the first proposer was not heard.</summary>
    public int ConsensusRound { get; init; }

    public int PendingTransactions { get; init; }

    /// <summary>Sent to other replicas since the start (bytes).</summary>
    public long WireBytes { get; init; }

    public IReadOnlyList<MemberState> Members { get; init; } = [];

    /// <summary>Votes that a block needs.</summary>
    public int Quorum { get; init; }

    /// <summary>The newest round; 0 before the first.</summary>
    public long Round { get; init; }

    /// <summary>After which training is complete.</summary>
    public long LastRound { get; init; }

    /// <summary>open, closed, completed; or paused.</summary>
    public string Phase { get; init; } = "";

    /// <summary>Until the open round's deadline.</summary>
    public long BlocksLeft { get; init; }

    /// <summary>Members' mean macro-AUC of the final model; null before it was reported.</summary>
    public double? Auc { get; init; }

    /// <summary>On disk (bytes).</summary>
    public long PayloadBytes { get; init; }

    public long PayloadQuota { get; init; }

    /// <summary>Of a journal in a file (bytes); null in PostgreSQL.</summary>
    public long? JournalBytes { get; init; }

    /// <summary>ε that this site reported to have spent; null without differential privacy.</summary>
    public double? EpsilonSpent { get; init; }

    /// <summary>ε that the policy lets a site spend; null without differential privacy.</summary>
    public double? EpsilonBudget { get; init; }

    public IReadOnlyList<BridgeState> Bridges { get; init; } = [];

    public LearnerTotals Learner { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>The newest rounds, oldest first.</summary>
    public IReadOnlyList<RoundPoint> History { get; init; } = [];
}

/// <param name="Up">A link is there.</param>
/// <param name="Endpoint">Where it is; the configured address where it is not up; empty where it dials us.</param>
/// <param name="Since">Null where it is not up.</param>
/// <param name="Waiting">Messages in the queues to it.</param>
/// <param name="Dropped">Messages that found no room.</param>
/// <param name="Invalid">Messages that no member may send.</param>
public sealed record PeerState(
    string Member, bool Up, string Endpoint, DateTimeOffset? Since, long SentBytes, long ReceivedBytes, int Waiting, long Dropped, long Invalid);
