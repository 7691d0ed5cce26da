using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Personalization;

/// <summary>
/// Finds a site's own model after the collaborative training. Fine-tuning can hurt, so every candidate must beat the fall-back, the better of
/// {global, local}, on patients of the validation split that neither training nor fine-tuning saw, with a paired bootstrap's lower bound above
/// the margin. Local itself replaces global only on the same terms. The test split is read once, after the choice.
/// </summary>
public sealed class Personalizer(SiteTrainer trainer, int classes, PersonalizerSettings settings)
{
    /// <param name="local">The site's local-only model, in layout order.</param>
    public PersonalizationResult Run(
        float[] global, float[] local, RoundPolicy policy, ImageSet train, ImageSet validation, ImageSet test, Digest seed)
    {
        var shared = trainer.Evaluate(global, test);
        var own = trainer.Evaluate(local, test);
        if (validation.ClassCounts(classes).Any(count => count == 0))
            return new PersonalizationResult("global", [], own, shared, shared);

        var pool = ImageSet.Concat([train, validation]);
        var folds = PatientFolds.Assign(validation, settings.Folds, SeededRandom.Derive(seed, "personalization/folds"));
        float[] globalRows = trainer.Predict(global, validation).Probabilities, localRows = trainer.Predict(local, validation).Probabilities;
        var scores = new List<CandidateScore> { Score("global", globalRows, globalRows, validation, seed) };
        var localScore = Score("local", localRows, globalRows, validation, seed);
        scores.Add(localScore);
        bool preferLocal = localScore.MarginLowerBound > settings.Margin;
        float[] fallBack = preferLocal ? localRows : globalRows;
        string chosen = preferLocal ? "local" : "global";
        double bestBound = settings.Margin;
        foreach (string name in new[] { "norms-and-head", "head-then-all", "knn", "ensemble" })
        {
            var rows = new float[fallBack.Length];
            for (int fold = 0; fold < settings.Folds; fold++)
            {
                int[] held = [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] == fold)];
                int[] kept = [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] != fold)];
                if (held.Length == 0)
                    continue;
                float[] part = Predict(
                    name, global, local, policy, ImageSet.Concat([train, validation.Subset(kept)]), validation.Subset(held), seed);
                for (int i = 0; i < held.Length; i++)
                    part.AsSpan(i * classes, classes).CopyTo(rows.AsSpan(held[i] * classes));
            }

            var score = Score(name, rows, fallBack, validation, seed);
            scores.Add(score);
            if (score.MarginLowerBound > bestBound)
                (bestBound, chosen) = (score.MarginLowerBound, name);
        }

        var result = chosen switch
        {
            "global" => shared,
            "local" => own,
            _ => RocCurve.Score(Predict(chosen, global, local, policy, pool, test, seed), test.Labels, classes),
        };
        return new PersonalizationResult(chosen, scores, own, shared, result);
    }

    /// <summary>Fits the named candidate on <paramref name="fit"/> and predicts <paramref name="queries"/>.</summary>
    private float[] Predict(
        string name, float[] global, float[] local, RoundPolicy policy, ImageSet fit, ImageSet queries, Digest seed)
    {
        switch (name)
        {
            case "norms-and-head":
                return trainer.Predict(Tune(global, fit, policy, settings.Steps, role => role != ParameterRole.Backbone, seed), queries).Probabilities;
            case "head-then-all":
                float[] head = Tune(global, fit, policy, settings.Steps / 2, role => role == ParameterRole.Head, seed);
                return trainer.Predict(Tune(head, fit, policy, settings.Steps / 2, _ => true, seed), queries).Probabilities;
            case "knn":
                var (probabilities, features) = trainer.Predict(global, queries);
                float[] memory = trainer.Predict(global, fit).Features;
                return Mix(
                    probabilities, NearestNeighbours.Predict(memory, fit.Labels, features, classes, settings.Neighbours), settings.NeighbourShare);
            default:
                return Mix(trainer.Predict(global, queries).Probabilities, trainer.Predict(local, queries).Probabilities, 0.5f);
        }
    }

    private float[] Tune(float[] start, ImageSet data, RoundPolicy policy, int steps, Func<ParameterRole, bool> moving, Digest seed)
    {
        trainer.Optimizer.Reset();
        double rate = settings.RateFactor * policy.LearningRatePpm * 1e-6;
        var training = trainer.Train(
            start, data, steps, policy.BatchSize, policy.WeightDecayPpm * 1e-6, SeededRandom.Derive(seed, "personalization/batches"),
            step => rate * (1 - (double)step / steps), moving);
        // A diverged fine-tuning returns its start, which is a fair candidate.
        return training.Weights;
    }

    private CandidateScore Score(string name, float[] rows, float[] fallBack, ImageSet validation, Digest seed)
    {
        var (_, bound) = PairedBootstrap.MacroAreaGain(
            rows, fallBack, validation.Labels, validation.Patients, classes, settings.Confidence,
            SeededRandom.Derive(seed, "personalization/bootstrap"));
        return new CandidateScore(name, RocCurve.MacroArea(rows, validation.Labels, classes), bound);
    }

    private static float[] Mix(float[] first, float[] second, float share)
    {
        var mixed = new float[first.Length];
        for (int i = 0; i < mixed.Length; i++)
            mixed[i] = (1 - share) * first[i] + share * second[i];
        return mixed;
    }
}
