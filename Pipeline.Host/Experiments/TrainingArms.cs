using System.Globalization;
using System.Runtime.InteropServices;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Arms that train from first weights. All take the same number of optimizer steps with the same schedule, augmentation and class weights;
/// centralized training sees in each step as many images as all sites together.
/// </summary>
internal static class TrainingArms
{
    private static readonly TimeSpan ChainPatience = TimeSpan.FromMinutes(30);

    /// <summary>All institutions over a chain: trainer, codec and integer aggregation are those of production.</summary>
    public static Arm Collaborative(string name, RoundPolicy policy) => new(name, Describe(policy), 1, context =>
    {
        var simulation = Simulation(context, policy);
        var curve = new List<ArmRun.CurvePoint>();
        double bytes = 0;
        while (simulation.Round < policy.Rounds)
        {
            simulation.Step();
            bytes += simulation.PayloadBytes.Average();
            Score(context, simulation, policy, curve);
            context.Report((double)simulation.Round / policy.Rounds);
        }

        var run = Run(context, name, policy, [new("", context.Test(simulation.Model.ToFloats()))]) with
        {
            PayloadBytesPerRound = bytes / policy.Rounds,
            Curve = curve,
            ValidationAuc = context.ValidationAuc(simulation.Model.ToFloats()),
        };
        return (run, simulation.Model.ToBytes());
    });

    /// <summary>Everybody's images in one place.</summary>
    public static Arm Centralized(RoundPolicy policy) => new("centralized", DescribeAlone(policy), 1, context =>
    {
        var curve = new List<ArmRun.CurvePoint>();
        float[] weights = Baselines.Train(
            context.Architecture, context.Task.Descriptor, context.Settings, policy, context.Start.ToFloats(),
            ImageSet.Concat([.. context.Task.Sites.Select(s => s.Train)]), context.Digest, context.Task.Sites.Count,
            (round, now) =>
            {
                if (round % context.Profile.ScoreEvery == 0 || round == policy.Rounds)
                    curve.Add(new(round, context.TestAuc(now)));
                context.Report((double)round / policy.Rounds);
            });
        return (Run(context, "centralized", policy, [new("", context.Test(weights))]) with { Curve = curve, ValidationAuc = context.ValidationAuc(weights) }, null);
    });

    /// <summary>Each institution with its own images alone.</summary>
    public static Arm Local(RoundPolicy policy) => new("local", DescribeAlone(policy), 1, context =>
    {
        var models = new List<ArmRun.Model>();
        var weights = new List<float[]>();
        foreach (var site in context.Task.Sites)
        {
            weights.Add(TrainLocal(context, policy, site, models.Count));
            models.Add(new(site.Site, context.Test(weights[^1])));
        }

        return (Run(context, "local", policy, models), MemoryMarshal.AsBytes(weights.SelectMany(w => w).ToArray().AsSpan()).ToArray());
    });

    /// <summary>Each site's weights out of what <see cref="Local"/> kept.</summary>
    public static float[][] LocalWeights(byte[] kept, int length) => [.. MemoryMarshal.Cast<byte, float>(kept).ToArray().Chunk(length)];

    /// <summary>A real chain of the task's institutions for a few rounds, for what it sends.</summary>
    public static Arm Chain(string name, RoundPolicy policy) => new(name, Describe(policy), 0.1, context =>
    {
        var wire = ChainMeter.MeasureAsync(context, policy, ChainPatience).GetAwaiter().GetResult();
        return (Run(context, name, policy, []) with { WireBytesPerRound = wire.Total, WirePayloadBytesPerRound = wire.Payload }, null);
    });

    private static float[] TrainLocal(ArmContext context, RoundPolicy policy, SiteImages site, int done) => Baselines.Train(
        context.Architecture, context.Task.Descriptor, context.Settings, policy, context.Start.ToFloats(), site.Train,
        Digest.Of([.. context.Digest.ToArray(), (byte)done]), 1,
        (round, _) => context.Report((done + (double)round / policy.Rounds) / context.Task.Sites.Count));

    public static FederatedSimulation Simulation(ArmContext context, RoundPolicy policy) => Simulation(context, policy, [.. context.Task.Sites.Select(s => s.Train)]);

    /// <param name="adversary">Replaces what sites send; null for honest sites.</param>
    public static FederatedSimulation Simulation(
        ArmContext context, RoundPolicy policy, IReadOnlyList<ImageSet> sites, Func<FederatedSimulation, IReadOnlyList<byte[]>, IReadOnlyList<byte[]>>? adversary = null)
    {
        // Weights by images are known with the sites.
        var agreed = MeasureOptions.Sound(context.Profile.WeighSites ? LearningTask.Weighed(policy, sites) : policy);
        return new(context.Architecture, context.Task.Descriptor, context.Settings, agreed, context.Start, sites, context.Digest, parallelism: 1) { Adversary = adversary };
    }

    public static void Score(ArmContext context, FederatedSimulation simulation, RoundPolicy policy, List<ArmRun.CurvePoint> curve)
    {
        if (simulation.Round % context.Profile.ScoreEvery == 0 || simulation.Round == policy.Rounds)
            curve.Add(new((int)simulation.Round, context.TestAuc(simulation.Model.ToFloats())));
    }

    public static ArmRun Run(ArmContext context, string arm, RoundPolicy policy, IReadOnlyList<ArmRun.Model> models) => new(
        context.Task.Name, arm, context.Seed, policy.Rounds, policy.Rounds * policy.LocalSteps, 0, [], models, []);

    /// <summary>The settings that a result depends on.</summary>
    /// <exception cref="CommandFailedException">What the arm adds to a profile's policy does not go with it: said before any arm is trained.</exception>
    public static string Describe(RoundPolicy policy) => MeasureOptions.Sound(policy).ToString();

    /// <summary>Of a policy what training without a chain depends on, so that policies that differ in what is sent share these runs.</summary>
    private static string DescribeAlone(RoundPolicy policy) => string.Create(
        CultureInfo.InvariantCulture, $"{policy.Rounds} × {policy.LocalSteps} × {policy.BatchSize}, rate {policy.LearningRatePpm}, decay {policy.WeightDecayPpm}");
}
