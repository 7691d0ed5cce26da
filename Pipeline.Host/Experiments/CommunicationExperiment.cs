using System.Globalization;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>Partial updates against whole ones: bytes a round, bytes to a result, and what they cost in AUC, over densities.</summary>
internal sealed class CommunicationExperiment : IExperiment
{
    private const double PayloadRatio = 150, WireRatio = 80, Loss = -0.01, Share = 0.98;
    private static readonly int[] Densities = [100_000, 1_000];

    public IReadOnlySet<string> Once { get; } = new HashSet<string> { "chain", "dense-chain" };

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile)
    {
        var dense = profile.Policy with { DensityPpm = 1_000_000 };
        return
        [
            TrainingArms.Collaborative("collaborative", profile.Policy), TrainingArms.Collaborative("dense", dense),
            .. Densities.Select(d => TrainingArms.Collaborative(Name(d), profile.Policy with { DensityPpm = d })),
            TrainingArms.Chain("chain", profile.Policy), TrainingArms.Chain("dense-chain", dense),
        ];
    }

    public string? WireArmOf(string arm) => arm switch
    {
        "collaborative" => "chain",
        "dense" => "dense-chain",
        _ => null,
    };

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        string task = runs.Task.Name;
        double fp32 = 4.0 * Actors.Training.ArchitectureCatalog.Create(profile.Architecture).Layout(runs.Task.Descriptor).Length;
        double payload = runs.Mean("collaborative", r => r.PayloadBytesPerRound);
        yield return ExperimentResult.Comparison.Value95($"{task}: dense fp32 bytes a round ÷ payload bytes a round", Exact(fp32 / payload), PayloadRatio);
        yield return ExperimentResult.Comparison.Value95(
            $"{task}: collaborative less dense, macro-AUC at equal rounds", runs.AucDifference("collaborative", "dense"), Loss);
        yield return ExperimentResult.Comparison.Value95(
            $"{task}: total wire bytes to 98 % of the dense result, dense fp32 ÷ partial", Exact(WireToResult(runs, fp32)), WireRatio);
    }

    /// <summary>
    /// Dense fp32 is the dense chain with each payload as large as fp32 makes it; everything else that a chain sends stays as it was measured.
    /// NaN where the partial runs did not reach the target.
    /// </summary>
    private static double WireToResult(TaskRuns runs, double fp32)
    {
        ArmRun chain = runs.Of("chain")[0], dense = runs.Of("dense-chain")[0];
        var denseCurve = runs.Curve("dense");
        double target = Share * denseCurve[^1].Mean;
        if (FirstAt(runs.Curve("collaborative"), target) is not { } partialRounds || FirstAt(denseCurve, target) is not { } denseRounds)
            return double.NaN;
        double payload = dense.WirePayloadBytesPerRound * fp32 / runs.Mean("dense", r => r.PayloadBytesPerRound);
        return (payload + dense.WireBytesPerRound - dense.WirePayloadBytesPerRound) * denseRounds / (chain.WireBytesPerRound * partialRounds);
    }

    private static int? FirstAt(IReadOnlyList<(int Round, double Mean, double Low, double High)> curve, double target)
    {
        foreach (var point in curve)
        {
            if (point.Mean >= target)
                return point.Round;
        }

        return null;
    }

    private static Interval Exact(double value) => new(value, value, value);

    private static string Name(int density) => string.Create(CultureInfo.InvariantCulture, $"density-{density / 1e6:0.####}");
}
