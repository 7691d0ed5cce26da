using System.Globalization;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Claim 3: a similar task's backbone, offered over a bridge to a chain with few images. The first task given is the source that should help; the
/// others are targets and, for each other, offers. Every site judges an offer by its own gate; with n−f votes it is blended in at the round boundary.
/// </summary>
internal sealed class BridgeExperiment(IReadOnlyList<LearningTask> tasks) : IExperiment
{
    private const double Gain = 0.10, Speed = 3, Harm = -0.005, Help = 0.01, AcceptedShare = 0.8;

    /// <summary>Rounds after which an offer's outcome is read: both branches go on from the same model.</summary>
    private const int OutcomeRounds = 12;

    private static readonly int[] Sizes = [60, 150];

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) => task == tasks[0]
        ? []
        : [.. Sizes.SelectMany(n => new[] { Unbridged(n, profile.Policy), Taken(n, profile.Policy), Bridged(n, profile.Policy), Offers(n, profile.Policy) })];

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        if (!runs.Arms.Any())
            yield break;
        string way = $"{tasks[0].Name} → {runs.Task.Name}";
        foreach (int n in Sizes)
        {
            string with = Name("bridged", n), without = Name("unbridged", n);
            yield return ExperimentResult.Comparison.Value95($"{way}, {n} images: with less without the bridge, macro-AUC", runs.AucDifference(with, without), Gain);
            double goal = runs.Curve(without)[^1].Mean;
            double speed = RoundsTo(runs.Curve(without), goal) / RoundsTo(runs.Curve(with), goal);
            yield return ExperimentResult.Comparison.Value95(
                $"{way}, {n} images: rounds to the unbridged final AUC, without ÷ with", new Interval(speed, speed, speed), Speed);
        }

        ArmRun.Note[] offers = [.. Sizes.SelectMany(n => runs.Of(Name("offers", n))).SelectMany(r => r.Notes)];
        ArmRun.Note[] helpful = [.. offers.Where(o => o.Effect >= Help)], harmful = [.. offers.Where(o => o.Effect <= Harm)];
        yield return ExperimentResult.Comparison.Value95(
            $"{runs.Task.Name}: share accepted of {helpful.Length} helpful offers (of {offers.Length})", Share(helpful), AcceptedShare);
        var refused = Share(harmful);
        yield return new ExperimentResult.Comparison(
            $"{runs.Task.Name}: share accepted of {harmful.Length} harmful offers: none", refused.Value, refused.Low, refused.High, 0, harmful.All(o => !o.Accepted));
    }

    /// <summary>
    /// Rounds until a curve first reaches an AUC, of either arm the first time: a curve that rises and falls must not seem slow for its end alone. At least one,
    /// since nothing is quicker; where the curve never does, one more than it has, so that a ratio is bounded in the arm's favour and still a number.
    /// </summary>
    /// <param name="curve">In the order of its rounds, one at least.</param>
    internal static double RoundsTo(IReadOnlyList<(int Round, double Mean, double Low, double High)> curve, double goal)
    {
        foreach (var point in curve)
        {
            if (point.Mean >= goal)
                return Math.Max(1, point.Round);
        }

        return curve[^1].Round + 1;
    }

    /// <summary>With the Wilson interval (1927).</summary>
    private static Interval Share(ArmRun.Note[] offers)
    {
        if (offers.Length == 0)
            return new Interval(double.NaN, double.NaN, double.NaN);
        const double z = 1.96;
        double n = offers.Length, p = offers.Count(o => o.Accepted) / n, middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        double half = z / (1 + z * z / n) * Math.Sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        return new Interval(p, middle - half, middle + half);
    }

    private static Arm Unbridged(int images, RoundPolicy policy) => new(Name("unbridged", images), TrainingArms.Describe(policy), 1, context =>
    {
        var (simulation, scarce) = Begin(context, images, policy);
        var curve = Finish(scarce, simulation, policy, null);
        return (Result(context, Name("unbridged", images), policy, simulation) with { Curve = curve }, null);
    });

    /// <summary>The source's backbone from the first round on, whatever the gate would say. Shown beside the others and judged by no target: the bridge is what the gate lets in.</summary>
    private Arm Taken(int images, RoundPolicy policy) => new(Name("taken", images), Settings(policy), 1, context =>
    {
        var (simulation, scarce) = Begin(context, images, policy);
        var curve = Finish(scarce, simulation, policy, BridgeOffers.Of(context, tasks[0], policy).Backbone);
        return (Result(context, Name("taken", images), policy, simulation) with { Curve = curve }, null);
    });

    private Arm Bridged(int images, RoundPolicy policy) => new(Name("bridged", images), Settings(policy), 2, context =>
    {
        var (simulation, scarce) = Begin(context, images, policy);
        var offer = BridgeOffers.Of(context, tasks[0], policy);
        bool accepted = Judge(context, scarce, simulation.Model, offer, policy, out var notes);
        var curve = Finish(scarce, simulation, policy, accepted ? offer.Backbone : null);
        return (Result(context, Name("bridged", images), policy, simulation) with { Curve = curve, Notes = notes }, null);
    });

    /// <summary>Many offers, good and bad, at two moments of the target's training; each with what it would lead to.</summary>
    private Arm Offers(int images, RoundPolicy policy) => new(Name("offers", images), Settings(policy), 4, context =>
    {
        var offers = new List<BridgeOffers.Offer>();
        foreach (var source in tasks.Where(t => t.Name != context.Task.Name))
        {
            var good = BridgeOffers.Of(context, source, policy);
            offers.AddRange([good, BridgeOffers.Stale(context, source, policy), BridgeOffers.Shuffled(context, source, policy)]);
            offers.AddRange([BridgeOffers.Poisoned(context, good, 1), BridgeOffers.Poisoned(context, good, 2)]);
        }

        var notes = new List<ArmRun.Note>();
        int[] moments = [1, policy.Rounds / 2];
        foreach (int moment in moments)
        {
            var (own, scarce) = Begin(context, images, policy);
            while (own.Round < moment)
                own.Step();
            double without = Outcome(scarce, own.Fork(), policy, null);
            foreach (var offer in offers)
            {
                bool accepted = Judge(context, scarce, own.Model, offer, policy, out _);
                notes.Add(new("", $"{offer.Kind}, round {moment}", accepted, Outcome(scarce, own.Fork(), policy, offer.Backbone) - without));
                context.Report((double)notes.Count / (offers.Count * moments.Length));
            }
        }

        return (TrainingArms.Run(context, Name("offers", images), policy, []) with { Notes = notes }, null);
    });

    private string Settings(RoundPolicy policy) =>
        $"{TrainingArms.Describe(policy)}|{new HarmGateSettings()}|{string.Join(',', tasks.Select(t => t.DataDigest.Short))}";

    private static (FederatedSimulation Simulation, ArmContext Scarce) Begin(ArmContext context, int images, RoundPolicy policy)
    {
        var scarce = context.On(ScarceTask.Of(context.Task, images, context.Digest));
        return (TrainingArms.Simulation(scarce, policy), scarce);
    }

    /// <summary>All sites judge by their own data; n−f votes accept.</summary>
    private static bool Judge(ArmContext context, ArmContext scarce, FixedPointModel own, BridgeOffers.Offer offer, RoundPolicy policy, out List<ArmRun.Note> notes)
    {
        int n = scarce.Task.Sites.Count, quorum = n - (n - 1) / 3;
        var settings = new HarmGateSettings() with { Confidence = GateQuorum.SiteConfidence(n, quorum) };
        notes = [];
        foreach (var site in scarce.Task.Sites)
        {
            var decision = new HarmGate(new SiteTrainer(scarce.Architecture, scarce.Task.Descriptor, scarce.Settings), scarce.Task.Classes, settings).Judge(
                own, new AuxiliaryBackbone(offer.Kind, offer.Backbone), policy, ImageSet.Concat([site.Train, site.Validation]),
                Digest.Of([.. context.Digest.ToArray(), .. own.Digest.ToArray()]));
            notes.Add(new(site.Site, $"{offer.Kind}: {decision.Reason}", decision.Accept, decision.Gain));
            context.Stop.ThrowIfCancellationRequested();
        }

        return notes.Count(v => v.Accepted) >= quorum;
    }

    private static List<ArmRun.CurvePoint> Finish(ArmContext context, FederatedSimulation simulation, RoundPolicy policy, BackbonePayload? accepted)
    {
        var curve = new List<ArmRun.CurvePoint>();
        while (simulation.Round < policy.Rounds)
        {
            simulation.Step(simulation.Round == 0 ? accepted : null);
            TrainingArms.Score(context, simulation, policy, curve);
            context.Report((double)simulation.Round / policy.Rounds);
        }

        return curve;
    }

    private static double Outcome(ArmContext context, FederatedSimulation simulation, RoundPolicy policy, BackbonePayload? accepted)
    {
        for (int i = 0; i < OutcomeRounds && simulation.Round < policy.Rounds; i++)
            simulation.Step(i == 0 ? accepted : null);
        return context.TestAuc(simulation.Model.ToFloats());
    }

    private static ArmRun Result(ArmContext context, string name, RoundPolicy policy, FederatedSimulation simulation) =>
        TrainingArms.Run(context, name, policy, [new("", context.Test(simulation.Model.ToFloats()))]) with { PayloadBytesPerRound = simulation.PayloadBytes.Average() };

    private static string Name(string arm, int images) => string.Create(CultureInfo.InvariantCulture, $"{arm}-{images}");
}
