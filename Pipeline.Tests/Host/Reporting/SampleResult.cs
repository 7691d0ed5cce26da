using Pipeline.Host.Reporting;

namespace Pipeline.Tests.Host.Reporting;

/// <summary>A made-up result of plausible size that meets every claim; tests alter it.</summary>
internal static class SampleResult
{
    public static DemoReportContext Context { get; } = new(
        "0.1.0", "pipeline demo --seed 7", new DateTimeOffset(2026, 3, 14, 9, 26, 0, TimeSpan.Zero), "2 cores, linux-x64, cpu", Quick: false);

    public static DemoResult Good { get; } = new(
        Seed: 7,
        WallSeconds: 131.4,
        PeakMemoryMiB: 1874.2,
        Chains:
        [
            new DemoResult.Chain(
                "chest-opacity",
                4,
                36,
                412,
                DigestsEqual: true,
                Verify: true,
                new DemoResult.ChainAuc(0.934, 0.926, 0.512),
                [
                    new DemoResult.Site("hospital-1", 0.842, 0.931, 0.938, "ditto"),
                    new DemoResult.Site("hospital-2", 0.811, 0.918, 0.929, "global"),
                    new DemoResult.Site("hospital-3", 0.869, 0.922, 0.917, "global"),
                    new DemoResult.Site("hospital-4", 0.774, 0.933, 0.941, "global"),
                ],
                new DemoResult.UpdateBytes(1_572, 318_216, 5_184_220),
                Rising(36, 0.503, 0.926, 7),
                []),
            new DemoResult.Chain(
                "chest-nodule",
                4,
                24,
                287,
                DigestsEqual: true,
                Verify: true,
                new DemoResult.ChainAuc(0.901, 0.893, 0.478),
                [
                    new DemoResult.Site("hospital-1", 0.681, 0.884, 0.889, "ditto"),
                    new DemoResult.Site("hospital-2", 0.642, 0.897, 0.895, "global"),
                    new DemoResult.Site("hospital-3", 0.707, 0.879, 0.902, "global"),
                    new DemoResult.Site("hospital-4", 0.598, 0.905, 0.905, "global"),
                ],
                new DemoResult.UpdateBytes(1_611, 318_216, 3_902_118),
                Rising(24, 0.612, 0.893, 4),
                Rising(24, 0.497, 0.869, 9)),
        ],
        new DemoResult.BridgeRun("chest-opacity", "chest-nodule", 1, 1, 0.856, 9, 23),
        new DemoResult.FaultRun(
            "hospital-3", 3.24, 4_612, 4_612, TamperDetected: true,
            "chest-opacity sequence 118, block 107: the block's hash is 9f2c…41, its quorum certificate signs 07be…c3"));

    /// <summary>A curve that saturates, with a ripple as a real one has.</summary>
    private static List<DemoResult.CurvePoint> Rising(int rounds, double start, double end, double constant)
    {
        var rest = Math.Exp(-rounds / constant);
        return [.. Enumerable.Range(0, rounds + 1).Select(round => new DemoResult.CurvePoint(round, Math.Round(
            end - ((end - start) * (Math.Exp(-round / constant) - rest) / (1 - rest)) + (round < rounds ? 0.008 * Math.Sin(2.1 * round) : 0), 4)))];
    }

    public static DemoResult WithChain(int index, Func<DemoResult.Chain, DemoResult.Chain> change) => Good with
    {
        Chains = [.. Good.Chains.Select((chain, i) => i == index ? change(chain) : chain)],
    };
}
