using System.Globalization;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Claim 3: a similar task's backbone, offered over a bridge to a chain with few images. The first task given is the source that should help; the
/// others are targets and, for each other, offers. Every site judges an offer by its own gate, and n−f votes blend it in at the round boundary; where the policy has
/// trials, they begin one, and what members say of its two models takes the branch with the backbone or not.
/// </summary>
/// <param name="sources">Names of tasks that offer and are no targets.</param>
internal sealed class BridgeExperiment(IReadOnlyList<LearningTask> tasks, IReadOnlyList<string> sources) : IExperiment
{
    private const double Gain = 0.10, Speed = 3, Harm = -0.005, Help = 0.01, AcceptedShare = 0.8;

    /// <summary>
    /// Rounds after which an offer's outcome is read. A backbone saves rounds at first, and what counts is what is left of that later: as many rounds as a usual trial
    /// gives each branch, so that no outcome is the very difference that members voted on.
    /// </summary>
    private const int OutcomeRounds = 24;

    private static readonly int[] Sizes = [60, 150];

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) => task == tasks[0] || sources.Contains(task.Name)
        ? []
        // What is never tried does not depend on how trials go.
        : [.. Sizes.SelectMany(n => new[] { Unbridged(n, Untried(profile.Policy)), Taken(n, Untried(profile.Policy)), Bridged(n, profile.Policy), Offers(n, profile.Policy) })];

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
        string made = $"of {offers.Length} made for {runs.Of(Name("offers", Sizes[0])).Length} seeds";
        yield return ExperimentResult.Comparison.Value95(
            $"{runs.Task.Name}: share accepted of {helpful.Length} helpful offers, {made}", Share(helpful), AcceptedShare);
        var refused = Share(harmful);
        yield return new ExperimentResult.Comparison(
            $"{runs.Task.Name}: share accepted of {harmful.Length} harmful offers, {made}: none", refused.Value, refused.Low, refused.High, 0, harmful.All(o => !o.Accepted));
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
        var curve = Finish(scarce, simulation, policy, null, []);
        return (Result(context, Name("unbridged", images), policy, simulation) with { Curve = curve }, null);
    });

    /// <summary>The source's backbone from the first round on, whatever members would say. Shown beside the others and judged by no target: the bridge is what members let in.</summary>
    private Arm Taken(int images, RoundPolicy policy) => new(Name("taken", images), Settings(policy), 1, context =>
    {
        var (simulation, scarce) = Begin(context, images, policy);
        var curve = Finish(scarce, simulation, policy, BridgeOffers.Of(context, tasks[0], policy).Backbone, []);
        return (Result(context, Name("taken", images), policy, simulation) with { Curve = curve }, null);
    });

    /// <summary>Offered in the first round. A trial's rounds are some of the policy's, so that it has cost what it costs a chain.</summary>
    private Arm Bridged(int images, RoundPolicy policy) => new(Name("bridged", images), Settings(policy), 2, context =>
    {
        var (simulation, scarce) = Begin(context, images, policy);
        var offer = BridgeOffers.Of(context, tasks[0], policy);
        var votes = new BridgeVotes(scarce);
        var first = votes.OnOffer(simulation.Model, offer, policy);
        List<ArmRun.Note> notes = [.. first.Notes];
        List<ArmRun.CurvePoint> curve = [];
        if (first.Accepted && policy.Trial is not null)
            curve = Try(scarce, simulation, policy, offer, votes, notes);
        curve = Finish(scarce, simulation, policy, first.Accepted && policy.Trial is null ? offer.Backbone : null, curve);
        return (Result(context, Name("bridged", images), policy, simulation) with { Curve = curve, Notes = notes }, null);
    });

    /// <summary>Many offers, good and bad, at two moments of the target's training; each with what it would lead to, taken or not.</summary>
    private Arm Offers(int images, RoundPolicy policy) => new(Name("offers", images), $"{Settings(policy)}|{OutcomeRounds}", policy.Trial is null ? 4 : 8, context =>
    {
        var offers = tasks.Where(t => t.Name != context.Task.Name).SelectMany(source => BridgeOffers.All(context, source, policy)).ToArray();
        var notes = new List<ArmRun.Note>();
        int[] moments = [1, Math.Max(1, Math.Min(policy.Rounds / 2, policy.Rounds - (policy.Trial?.TotalRounds ?? 0)))];
        foreach (int moment in moments)
        {
            var (chain, scarce) = Begin(context, images, policy);
            while (chain.Round < moment)
                chain.Step();
            var votes = new BridgeVotes(scarce);
            // The branch without an offer is the same for all of them.
            var own = policy.Trial is null ? chain : chain.TryOwn(_ => context.Stop.ThrowIfCancellationRequested());
            double without = Outcome(scarce, own.Fork(), policy, null);
            foreach (var offer in offers)
            {
                var first = votes.OnOffer(chain.Model, offer, policy);
                bool accepted = first.Accepted;
                string words = $"votes {first.Words}";
                var with = own.Fork();
                if (policy.Trial is not null)
                {
                    // What was not let into a trial has an outcome too.
                    with = chain.TryOffered(offer.Backbone, _ => context.Stop.ThrowIfCancellationRequested());
                    var last = votes.OnTrial(own.Model, with.Model, offer, policy.Trial);
                    accepted &= last.Accepted;
                    words += $", after the trial {last.Words}";
                }

                double effect = Outcome(scarce, with, policy, policy.Trial is null ? offer.Backbone : null) - without;
                notes.Add(new("", $"{offer.Kind}, round {moment}: {words}", accepted, effect));
                context.Report((double)notes.Count / (offers.Length * moments.Length));
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

    /// <summary>A trial of the offer from the next round on.</summary>
    /// <returns>The curve of the branch that goes on.</returns>
    private static List<ArmRun.CurvePoint> Try(
        ArmContext context, FederatedSimulation simulation, RoundPolicy policy, BridgeOffers.Offer offer, BridgeVotes votes, List<ArmRun.Note> notes)
    {
        var curves = new Dictionary<TrialSide, List<ArmRun.CurvePoint>> { [TrialSide.Own] = [], [TrialSide.Offered] = [] };
        long end = simulation.Round + policy.Trial!.TotalRounds;
        int done = 0;
        var (_, _, accepted) = simulation.Trial(
            offer.Backbone,
            (own, offered) =>
            {
                var result = votes.OnTrial(own, offered, offer, policy.Trial!);
                notes.AddRange(result.Notes);
                return result.Accepted;
            },
            branch =>
            {
                // While it is the other branch's turn, this one's model stays what it is.
                for (long round = branch.Round; round <= Math.Min(branch.Round + 1, end); round++)
                {
                    if (round % context.Profile.ScoreEvery == 0 || round == policy.Rounds)
                        curves[branch.Branch.Side].Add(new((int)round, context.TestAuc(branch.Model.ToFloats())));
                }

                context.Report((double)++done / policy.Rounds);
            });
        return curves[accepted ? TrialSide.Offered : TrialSide.Own];
    }

    /// <param name="accepted">Blended in at the end of the next round, or null.</param>
    /// <param name="curve">Up to now.</param>
    private static List<ArmRun.CurvePoint> Finish(ArmContext context, FederatedSimulation simulation, RoundPolicy policy, BackbonePayload? accepted, List<ArmRun.CurvePoint> curve)
    {
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
        {
            simulation.Step(i == 0 ? accepted : null);
            context.Stop.ThrowIfCancellationRequested();
        }

        return context.TestAuc(simulation.Model.ToFloats());
    }

    private static ArmRun Result(ArmContext context, string name, RoundPolicy policy, FederatedSimulation simulation) =>
        TrainingArms.Run(context, name, policy, [new("", context.Test(simulation.Model.ToFloats()))]) with { PayloadBytesPerRound = simulation.PayloadBytes.Average() };

    internal static RoundPolicy Untried(RoundPolicy policy) => policy with { Trial = null };

    private static string Name(string arm, int images) => string.Create(CultureInfo.InvariantCulture, $"{arm}-{images}");
}
