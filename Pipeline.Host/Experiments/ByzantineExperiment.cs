using System.Globalization;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Sabotage by 1 of 5 and by 2 of 8 members under the robust rule (norm clipping, nearest-neighbour mixing, trimmed mean), against training with the honest
/// ones alone; and what the rule costs where nobody is false.
/// </summary>
internal sealed class ByzantineExperiment : IExperiment
{
    private const double Loss = -0.02;

    private static readonly (int Members, int Faults)[] Teams = [(5, 1), (8, 2)];
    private static readonly Sabotage[] Attacks = [.. Enum.GetValues<Sabotage>().Where(s => s != Sabotage.None)];

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) => [.. Teams.SelectMany(team => Arms(team.Members, team.Faults, profile.Policy))];

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        foreach (var (members, faults) in Teams)
        {
            string team = $"{runs.Task.Name}, {faults} of {members} false";
            var differences = Attacks.Select(a => (Attack: a, Difference: runs.AucDifference(Name(members, a), Honest(members)))).ToArray();
            foreach (var (attack, difference) in differences)
                yield return ExperimentResult.Comparison.Value95($"{team}, {Word(attack)}: robust less the honest alone, macro-AUC", difference, Loss);
            var clean = runs.AucDifference(Clean(members), Mean(members));
            yield return new ExperimentResult.Comparison(
                $"{runs.Task.Name}, none of {members} false: robust less mean, macro-AUC: interval reaches 0", clean.Value, clean.Low, clean.High, 0, clean.High >= 0);
            double equal = runs.Arms.Where(a => a.StartsWith($"{members}-", StringComparison.Ordinal)).SelectMany(runs.Of).SelectMany(r => r.Notes)
                .Where(n => n.What == Digests).Select(n => n.Effect).DefaultIfEmpty(double.NaN).Min();
            yield return ExperimentResult.Comparison.Value95($"{team}: share of rounds in which two replicas' models have the same digest", new Interval(equal, equal, equal), 1);
        }
    }

    private const string Digests = "rounds in which two replicas agree, share", Refused = "updates refused a round";

    private static Arm[] Arms(int members, int faults, RoundPolicy policy)
    {
        // A profile's policy may be robust itself.
        var mean = policy with { Aggregation = null };
        var robust = policy with { Aggregation = AggregationPolicy.Robust(faults) };
        return
        [
            Create(Honest(members), members, faults, mean, Sabotage.None, honestAlone: true), Create(Mean(members), members, faults, mean, Sabotage.None),
            Create(Clean(members), members, faults, robust, Sabotage.None), Create($"{members}-mean-{Word(Sabotage.SignFlip)}", members, faults, mean, Sabotage.SignFlip),
            .. Attacks.Select(attack => Create(Name(members, attack), members, faults, robust, attack)),
        ];
    }

    private static Arm Create(string name, int members, int faults, RoundPolicy policy, Sabotage sabotage, bool honestAlone = false) => new(
        name, $"{TrainingArms.Describe(policy)}|{members}|{faults}|{sabotage}", members / 5.0, context =>
        {
            var sites = Deal(context, members).Select((images, i) => i < members - faults ? images : FalseMembers.Data(sabotage, images, context.Task.Classes));
            var enemies = new FalseMembers(sabotage, faults, policy, context.Digest);
            var training = TrainingArms.Simulation(
                context, policy, [.. honestAlone ? sites.SkipLast(faults) : sites], sabotage == Sabotage.None ? null : enemies.Send);
            var curve = new List<ArmRun.CurvePoint>();
            int equal = 0;
            while (training.Round < policy.Rounds)
            {
                var model = training.Model;
                training.Step();
                // Another replica, from the same bytes.
                equal += training.Aggregate(model, training.Round, training.Payloads, null, out _).Digest == training.Model.Digest ? 1 : 0;
                TrainingArms.Score(context, training, policy, curve);
                context.Report((double)training.Round / policy.Rounds);
            }

            var run = TrainingArms.Run(context, name, policy, [new("", context.Test(training.Model.ToFloats()))]) with
            {
                PayloadBytesPerRound = training.PayloadBytes.Average(),
                Curve = curve,
                Notes = [new("", Digests, true, (double)equal / policy.Rounds), new("", Refused, training.Refused > 0, (double)training.Refused / policy.Rounds)],
            };
            return (run, null);
        });

    /// <summary>The task's institutions where they are as many; else its patients dealt anew.</summary>
    private static ImageSet[] Deal(ArmContext context, int members)
    {
        if (context.Task.Sites.Count == members)
            return [.. context.Task.Sites.Select(s => s.Train)];
        var all = ImageSet.Concat([.. context.Task.Sites.Select(s => s.Train)]);
        string[] patients = [.. all.Patients.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        SeededRandom.Derive(context.Digest, $"deal/{members}").Shuffle(patients.AsSpan());
        var home = patients.Select((patient, i) => (patient, i)).ToDictionary(p => p.patient, p => p.i % members, StringComparer.Ordinal);
        return [.. Enumerable.Range(0, members).Select(m => all.Subset([.. Enumerable.Range(0, all.Count).Where(i => home[all.Patients[i]] == m)]))];
    }

    private static string Honest(int members) => Name(members, "honest-alone");

    private static string Mean(int members) => Name(members, "mean");

    private static string Clean(int members) => Name(members, "robust");

    private static string Name(int members, Sabotage attack) => Name(members, "robust-" + Word(attack));

    private static string Name(int members, string what) => string.Create(CultureInfo.InvariantCulture, $"{members}-{what}");

    private static string Word(Sabotage attack) => attack switch
    {
        Sabotage.SignFlip => "sign-flip",
        Sabotage.LabelFlip => "label-flip",
        Sabotage.NotANumber => "nan",
        _ => attack.ToString().ToLowerInvariant(),
    };
}
