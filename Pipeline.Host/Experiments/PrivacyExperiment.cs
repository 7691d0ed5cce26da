using System.Globalization;
using Pipeline.Actors.Attacks;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// What differential privacy at patient level costs, and what it buys: macro-AUC over ε, and how well the loss of the final model tells who was trained on
/// (Yeom et al. 2018) beside the ceiling that ε puts on every such attack.
/// </summary>
internal sealed class PrivacyExperiment : IExperiment
{
    private const double Delta = 1e-5;
    private const int ImagesPerPatient = 4, Micro = 1_000_000;
    private const string Attack = "membership AUC by loss", AttackLow = "its 95 % interval, from", AttackHigh = "its 95 % interval, to", Spent = "ε spent, the most of a site";

    private static readonly double[] Epsilons = [1, 2, 4, 8, double.PositiveInfinity];

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile) => [.. Epsilons.Select(e => Create(e, profile.Policy))];

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        foreach (double epsilon in Epsilons)
        {
            string name = Name(epsilon);
            double Note(string what) => runs.Of(name).Average(r => r.Notes.Single(n => n.What == what).Effect);
            double ceiling = double.IsInfinity(epsilon) ? 1 : GaussianDp.MembershipAucCeiling(epsilon, Delta);
            // The largest of the seeds: one run above the ceiling would be a fault.
            double worst = runs.Of(name).Max(r => r.Notes.Single(n => n.What == Attack).Effect);
            yield return new ExperimentResult.Comparison(
                $"{runs.Task.Name}, {name}: membership AUC by loss, the worst seed: at most {ceiling.ToString("0.000", CultureInfo.InvariantCulture)}", worst,
                Note(AttackLow), Note(AttackHigh), ceiling, worst <= ceiling);
        }

        foreach (double epsilon in Epsilons.SkipLast(1))
        {
            var loss = runs.AucDifference(Name(epsilon), Name(double.PositiveInfinity));
            yield return new ExperimentResult.Comparison(
                $"{runs.Task.Name}, {Name(epsilon)} less without privacy, macro-AUC: interval reaches 0", loss.Value, loss.Low, loss.High, 0, loss.High >= 0);
        }
    }

    private static Arm Create(double epsilon, RoundPolicy plain)
    {
        string name = Name(epsilon);
        return new Arm(name, $"{TrainingArms.Describe(plain)}|{epsilon.ToString(CultureInfo.InvariantCulture)}|{ImagesPerPatient}", double.IsInfinity(epsilon) ? 1 : 4, context =>
        {
            var policy = double.IsInfinity(epsilon) ? plain : Private(context.Task, plain, epsilon);
            var training = TrainingArms.Simulation(context, policy);
            var curve = new List<ArmRun.CurvePoint>();
            double bytes = 0;
            while (training.Round < policy.Rounds)
            {
                training.Step();
                bytes += training.PayloadBytes.Average();
                TrainingArms.Score(context, training, policy, curve);
                context.Report((double)training.Round / policy.Rounds);
            }

            float[] model = training.Model.ToFloats();
            var members = ImageSet.Concat([.. context.Task.Sites.Select(s => s.Train)]);
            var others = ImageSet.Concat([.. context.Task.Sites.Select(s => s.Validation), context.Task.PooledTest]);
            double[] inside = Membership.Losses(context.Trainer, model, members), outside = Membership.Losses(context.Trainer, model, others);
            var (low, high) = Membership.Interval(inside, members.Patients, outside, others.Patients, SeededRandom.Derive(context.Digest, "membership"));
            var run = TrainingArms.Run(context, name, policy, [new("", context.Test(model))]) with
            {
                PayloadBytesPerRound = bytes / policy.Rounds,
                Curve = curve,
                Notes =
                [
                    new("", Attack, true, Membership.Auc(inside, outside)), new("", AttackLow, true, low), new("", AttackHigh, true, high),
                    new("", Spent, true, policy.Privacy is null ? double.NaN : Cost(context.Task, policy)),
                ],
            };
            return (run, null);
        });
    }

    /// <summary>The least noise with which the site of the fewest patients, whose sampling rate is the highest, stays within ε.</summary>
    private static RoundPolicy Private(LearningTask task, RoundPolicy policy, double epsilon)
    {
        double noise = RdpAccountant.NoiseFor(epsilon, Delta, Rate(task, policy), (long)policy.Rounds * policy.LocalSteps);
        return policy with
        {
            Privacy = new PrivacyPolicy(
                PrivacyUnit.Patient, ImagesPerPatient, RoundPolicy.One, (int)Math.Ceiling(noise * Micro), (int)(Delta * 1e9), (long)(epsilon * Micro)),
        };
    }

    private static double Cost(LearningTask task, RoundPolicy policy)
    {
        var accountant = new RdpAccountant();
        accountant.Add(Rate(task, policy), policy.Privacy!.NoisePpm * 1e-6, (long)policy.Rounds * policy.LocalSteps);
        return accountant.Epsilon(Delta);
    }

    private static double Rate(LearningTask task, RoundPolicy policy) =>
        task.Sites.Max(s => Math.Min(1, (double)policy.BatchSize / s.Train.Patients.Distinct(StringComparer.Ordinal).Count()));

    private static string Name(double epsilon) => double.IsInfinity(epsilon)
        ? "epsilon-infinite"
        : string.Create(CultureInfo.InvariantCulture, $"epsilon-{epsilon:0.##}");
}
