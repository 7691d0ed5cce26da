using Pipeline.Actors.Personalization;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>Claim 4: each institution's own model after the collaborative training, on its own test images.</summary>
internal sealed class PersonalizationExperiment : IExperiment
{
    private const double Gain = 0.02;

    public IReadOnlyList<Arm> Arms(LearningTask task, ExperimentProfile profile)
    {
        Arm collaborative = TrainingArms.Collaborative("collaborative", profile.Policy), local = TrainingArms.Local(profile.Policy);
        return [collaborative, local, Personalized(collaborative, local, profile.Policy)];
    }

    public IEnumerable<ExperimentResult.Comparison> Compare(TaskRuns runs, ExperimentProfile profile)
    {
        string task = runs.Task.Name;
        yield return ExperimentResult.Comparison.Value95(
            $"{task}: personalized less collaborative, balanced accuracy on local tests", runs.AtHomeDifference("personalized", "collaborative"), Gain);
        var safety = runs.AtHomeDifference("personalized", "collaborative", "local");
        yield return new ExperimentResult.Comparison(
            $"{task}: personalized less the better of collaborative and local, balanced accuracy on local tests: interval reaches 0", safety.Value, safety.Low,
            safety.High, 0, safety.High >= 0);
    }

    public IEnumerable<ExperimentResult.Comparison> Pool(IReadOnlyList<TaskRuns> tasks, ExperimentProfile profile)
    {
        yield return ExperimentResult.Comparison.Value95(
            $"{tasks.Count} tasks: personalized less collaborative, balanced accuracy on local tests",
            PatientBootstrap.Pool([.. tasks.Select(t => t.AtHomeDifferences("personalized", "collaborative"))]), Gain);
        var safety = PatientBootstrap.Pool([.. tasks.Select(t => t.AtHomeDifferences("personalized", "collaborative", "local"))]);
        yield return new ExperimentResult.Comparison(
            $"{tasks.Count} tasks: personalized less the better of collaborative and local, balanced accuracy on local tests: interval reaches 0", safety.Value,
            safety.Low, safety.High, 0, safety.High >= 0);
    }

    private static Arm Personalized(Arm collaborative, Arm local, RoundPolicy policy)
    {
        var settings = new PersonalizerSettings();
        return new Arm("personalized", $"{collaborative.Settings}|{local.Settings}|{settings}", 0.3, context =>
        {
            var task = context.Task;
            float[] global = FixedPointModel.TryFromBytes(context.Layout, context.Others.Model(task, collaborative, context.Seed), out _)!.ToFloats();
            float[][] locals = TrainingArms.LocalWeights(context.Others.Model(task, local, context.Seed), context.Layout.Length);
            var personalizer = new Personalizer(context.Trainer, task.Classes, settings);
            var models = new List<ArmRun.Model>();
            var notes = new List<ArmRun.Note>();
            for (int i = 0; i < task.Sites.Count; i++)
            {
                var site = task.Sites[i];
                var (chosen, candidates) = personalizer.Choose(global, locals[i], policy, site.Train, site.Validation, context.Digest);
                var pool = Actors.Training.ImageSet.Concat([site.Train, site.Validation]);
                models.Add(new(site.Site, personalizer.Fit(chosen, global, locals[i], policy, pool, site.Validation, context.Digest).Predict(
                    context.Trainer.Network, task.PooledTest, task.Classes)));
                notes.Add(new(site.Site, chosen, chosen != "global", candidates.FirstOrDefault(c => c.Name == chosen)?.MarginLowerBound ?? 0));
                context.Report((i + 1.0) / task.Sites.Count);
            }

            return (TrainingArms.Run(context, "personalized", policy, models) with { Notes = notes }, null);
        });
    }
}
