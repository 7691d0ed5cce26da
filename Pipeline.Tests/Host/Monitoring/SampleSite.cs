using Pipeline.Host.Monitoring;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>A site in the middle of training, with something of everything that a status can hold.</summary>
internal static class SampleSite
{
    public static SiteStatus Status { get; } = Create();

    private static SiteStatus Create()
    {
        var time = new DateTimeOffset(2026, 11, 27, 9, 41, 12, TimeSpan.Zero);
        return new SiteStatus(
            "north-hospital", "0.1.0", time, time.AddHours(-75), ["chain bone-age: its replica is behind, at height 9120, and catches up", "no link to west-hospital"], new DicomState("PIPELINE", 11112, 2762, 3, 4, 1841, 2),
            new SpoolState(48_213, 17, null), new DiskState(812L << 30, 1536L << 30), [Chest(), Bone(), new ChainState("ct-nodule", "NODULE", false) { Received = 412 }],
            [
                new PeerState("east-hospital", true, "10.20.0.5:7443", time.AddHours(-20), 96L << 20, 112L << 20, 0, 0, 0),
                new PeerState("south-hospital", true, "gateway.south.example:7443", time.AddHours(-70), 412L << 20, 388L << 20, 2, 0, 0),
                new PeerState("west-hospital", false, "gateway.west.example:7443", null, 0, 0, 0, 0, 0),
            ])
        { Live = true };
    }

    private static ChainState Chest() => new("chest-opacity", "CHEST", true)
    {
        Received = 31_902,
        Instances =
        [
            new("stored", "", 29_440), new("awaiting-label", "", 1_204), new("assembling", "", 0), new("repeated", "", 311), new("quarantined", "burned-in-text", 38), new("quarantined", "no-label", 9),
            new("out-of-scope", "view-position", 896), new("removed", "erased", 4),
        ],
        Samples = [new("train", "normal", 14_102), new("train", "opacity", 6_498), new("validation", "normal", 3_011), new("validation", "opacity", 1_389), new("test", "normal", 3_050), new("test", "opacity", 1_390)],
        Healthy = true,
        Height = 18_422,
        BlockAge = 2.4,
        PendingTransactions = 1,
        WireBytes = 1L << 30,
        Members = [new("east-hospital", "contributed"), new("north-hospital", "contributed"), new("south-hospital", "waiting"), new("west-hospital", "excluded")],
        Quorum = 3,
        Round = 23,
        LastRound = 40,
        Phase = "open",
        BlocksLeft = 46,
        Auc = 0.913,
        PayloadBytes = 3L << 30,
        PayloadQuota = 50L << 30,
        JournalBytes = 412L << 20,
        EpsilonSpent = 3.42,
        EpsilonBudget = 8,
        Bridges = [new("bone-age", 1, 9_120, 4, null)],
        Learner = new LearnerTotals(22, 1, 1, 3, 1) { Activity = "update sent", LastTrouble = null, Trial = new TrialState(17, "own"), TrialsRefused = 1 },
        History = [.. Enumerable.Range(1, 23).Select(r => new RoundPoint(r, r == 9 ? null : 0.24 + (0.47 * Math.Exp(-r / 7.0)) + (0.012 * (r % 3)), r == 23 ? null : r % 7 == 0 ? 3 : 4, 171_000) { Trainers = 2 })],
    };

    private static ChainState Bone() => new("bone-age", "BONE", true)
    {
        Received = 8_004,
        Instances = [new("stored", "", 7_990), new("quarantined", "unknown-device", 14)],
        Samples = [new("train", "child", 3_900), new("train", "adult", 1_700), new("validation", "child", 820), new("validation", "adult", 375), new("test", "child", 830), new("test", "adult", 365)],
        Healthy = false,
        Ailment = "its replica is behind, at height 9120, and catches up",
        Syncing = true,
        Height = 9_120,
        BlockAge = 61,
        ConsensusRound = 1,
        Members = [new("east-hospital", "contributed"), new("north-hospital", "contributed"), new("south-hospital", "contributed")],
        Quorum = 3,
        Round = 12,
        LastRound = 12,
        Phase = "completed",
        PayloadBytes = 700L << 20,
        PayloadQuota = 50L << 30,
        JournalBytes = 96L << 20,
        Learner = new LearnerTotals(12, 0, 0, 0, 0) { Activity = "personal model: norms-and-head" },
        History = [.. Enumerable.Range(1, 12).Select(r => new RoundPoint(r, 0.12 + (0.5 / r), 3, 96_000) { Trainers = 1 })],
    };
}
