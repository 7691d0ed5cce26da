using Pipeline.Host.Reporting;

namespace Pipeline.Tests.Host.Reporting;

/// <summary>A made-up moment of a running demo.</summary>
internal static class SampleSnapshot
{
    public static DemoSnapshot Running { get; } = new(
        TimeSpan.FromSeconds(47.3),
        "training on chest-opacity; the bridge is waiting for a finalized model",
        [
            new DemoSnapshot.Row("hospital-1", "chest-opacity", 684, 671, 14, 36, 163, 0.8712, 22_008, 512_440, "training"),
            new DemoSnapshot.Row("hospital-2", "chest-opacity", 702, 690, 14, 36, 163, 0.8712, 21_870, 498_112, "training"),
            new DemoSnapshot.Row("hospital-3", "chest-opacity", 655, 640, 13, 36, 151, 0.8655, 20_411, 471_902, "killed"),
            new DemoSnapshot.Row("hospital-4", "chest-opacity", 690, 677, 14, 36, 163, 0.8712, 21_702, 505_003, "training"),
            new DemoSnapshot.Row("hospital-1", "chest-nodule", 96, 92, 0, 24, 4, null, 0, 18_220, "waiting: 4 more images with a nodule"),
            new DemoSnapshot.Row("hospital-2", "chest-nodule", 88, 85, 0, 24, 4, null, 0, 17_904, "waiting: the bridge"),
            new DemoSnapshot.Row("hospital-3", "chest-nodule", 91, 87, 0, 24, 2, null, 0, 9_120, "killed"),
            new DemoSnapshot.Row("hospital-4", "chest-nodule", 94, 93, 0, 24, 4, null, 0, 17_777, "syncing"),
        ],
        [
            "00:12  an event too old to show",
            "00:31  chest-opacity: round 9 closed with 4 contributions",
            "00:36  chest-opacity: round 10 closed with 4 contributions",
            "00:40  hospital-4: [quarantine] one image without a label",
            "00:42  chest-opacity: round 12 closed with 4 contributions",
            "00:45  hospital-3 killed",
            "00:46  chest-opacity: round 13 closed with 3 contributions",
        ]);
}
