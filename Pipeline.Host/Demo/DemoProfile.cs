using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Host.Demo.Phantoms;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Demo;

/// <summary>One chain of the demo.</summary>
/// <param name="ImagesPerHospital">Pushed by each hospital's PACS, over all splits.</param>
/// <param name="Pace">Instances a second that each PACS pushes, on average.</param>
/// <param name="Split">Shares of patients: validation is for the gate and personalization; test images are never used for any choice.</param>
/// <param name="ScoreEvery">The global model of every so many rounds is scored for the curve, and the last.</param>
public sealed record DemoChain(
    string Id, TaskDescriptor Task, PhantomTask Phantom, int ImagesPerHospital, double Pace, SplitFractions Split, RoundPolicy Policy, int ScoreEvery);

/// <summary>How large the demo is, and the policies that its claims are measured under.</summary>
/// <param name="Source">The chain with plenty of images, whose backbone crosses the bridge.</param>
/// <param name="Target">The chain with few.</param>
/// <param name="ShuffledDeals">Models of random labels that the shuffled-label control averages: one alone is at .5 ± .05.</param>
/// <param name="ShuffledSteps">Optimizer steps of each of them.</param>
public sealed record DemoProfile(
    string Name, IReadOnlyList<HospitalProfile> Hospitals, DemoChain Source, DemoChain Target, TrainerSettings Trainer,
    HarmGateSettings Gate, PersonalizerSettings Personalizer, int ShuffledDeals, int ShuffledSteps)
{
    private const int Side = 32;

    public static DemoProfile Full { get; } = Create("full", 400, 200, 3, 260, 40, 6);

    public static DemoProfile Quick { get; } = Create("quick", 400, 200, 3, 260, 30, 4);

    private static DemoProfile Create(string name, int sourceImages, int sourceRounds, int sourceSteps, int targetImages, int targetRounds, int targetSteps) => new(
        name,
        [
            new("hospital-1", 0.40, 1.00, 1.00, 0.020, 0, 0.70, 1.00, false),
            new("hospital-2", 0.50, 0.90, 1.15, 0.030, 1, 0.35, 1.10, false),
            new("hospital-3", 0.30, 1.10, 0.90, 0.015, 0, 0.50, 0.95, true),
            new("hospital-4", 0.60, 0.95, 1.05, 0.035, 1, 0.30, 1.15, false),
        ],
        new DemoChain(
            "chest-opacity", Task("opacity"), PhantomTask.Opacity, sourceImages, 60, new(0.12, 0.78),
            Policy(sourceRounds, sourceSteps, sourceRounds, ["chest-nodule"]), 10),
        // Slowly, so that images are on their way when a hospital is killed.
        new DemoChain("chest-nodule", Task("nodule"), PhantomTask.Nodule, targetImages, 20, new(0.14, 0.72), Policy(targetRounds, targetSteps, 0, []) with { Trial = new TrialPolicy(2, 250_000, 50_000) }, 1),
        TrainerSettings.Default, new HarmGateSettings(), new PersonalizerSettings(Folds: 2, Steps: 12, Confidence: 0.99), ShuffledDeals: 8, ShuffledSteps: 60);

    private static TaskDescriptor Task(string finding) => new("DX", "CHEST", Side, Side, ["no-" + finding, finding], "residual-cnn-small");

    private static RoundPolicy Policy(int rounds, int steps, int bridgeEvery, IReadOnlyList<string> grants) => new(
        rounds, Quorum: 3, DeadlineBlocks: 20, LocalSteps: steps, BatchSize: 32, LearningRatePpm: 5_000, WeightDecayPpm: 100,
        DensityPpm: 16_000, MaxNorm: 64L * RoundPolicy.One, ServerMomentumQ16: (int)(0.3 * RoundPolicy.One), ServerRateQ16: RoundPolicy.One,
        BridgeEvery: bridgeEvery, BridgeGrants: grants, BlendQ16: RoundPolicy.One);
}
