using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Personalization;

/// <summary>
/// Finds a site's own model after the collaborative training. Candidates tuned from the global model are cross-validated over all of the site's
/// patients but those of the test split; what rests on the local model, which has seen the training patients, is judged on the validation split
/// alone. Both are compared with the fall-back on the same patients, by class-balanced cross-entropy, which tells more from few images than a rank
/// or a count of errors; but a candidate must not rank them worse than a tolerance either. Fine-tuning can hurt (FLamby), so it must do both with confidence.
/// </summary>
public sealed class Personalizer(SiteTrainer trainer, int classes, PersonalizerSettings settings)
{
    private static readonly string[] Tuned = ["norms-and-head", "head-then-all", "ditto", "knn"];
    private static readonly string[] OfLocal = ["interpolation", "ensemble"];

    /// <param name="local">The site's local-only model, in layout order.</param>
    public PersonalizationResult Run(
        float[] global, float[] local, RoundPolicy policy, ImageSet train, ImageSet validation, ImageSet test, Digest seed)
    {
        var own = trainer.Evaluate(local, test);
        var shared = trainer.Evaluate(global, test);
        var (chosen, candidates) = Choose(global, local, policy, train, validation, seed);
        var model = Fit(chosen, global, local, policy, ImageSet.Concat([train, validation]), validation, seed);
        var result = RocCurve.Score(model.Predict(trainer.Network, test, classes), test.Labels, classes);
        return new PersonalizationResult(chosen, candidates, own, shared, result) { Model = model };
    }

    /// <summary>The best candidate's name; the test split is not an argument.</summary>
    public (string Chosen, IReadOnlyList<CandidateScore> Candidates) Choose(
        float[] global, float[] local, RoundPolicy policy, ImageSet train, ImageSet validation, Digest seed)
    {
        // Of a class with a single image that image would decide.
        int fewest = validation.ClassCounts(classes).Min();
        if (fewest < settings.MinimumPerClass)
            return ("global", []);
        var scores = new List<CandidateScore>();
        string chosen = "global";
        double bestBound = settings.Margin;
        float[] globalRows = trainer.Predict(global, validation).Probabilities;
        Judge("local", trainer.Predict(local, validation).Probabilities, globalRows, validation);
        // The fall-back of what follows is the better of the two.
        float[] fallBack = chosen == "local" ? trainer.Predict(local, validation).Probabilities : globalRows;
        if (chosen == "local")
            bestBound = settings.Margin;
        foreach (string name in OfLocal)
            Judge(name, Fit(name, global, local, policy, train, train, seed).Predict(trainer.Network, validation, classes), fallBack, validation);
        if (chosen is not "local")
        {
            if (fewest >= settings.MinimumForBias)
            {
                int[] held = Folds(validation);
                Judge("head-bias", CrossValidated("head-bias", global, local, policy, validation, held, seed), globalRows, validation, held);
            }

            var pool = ImageSet.Concat([train, validation]);
            int[] folds = Folds(pool);
            float[] reference = trainer.Predict(global, pool).Probabilities;
            foreach (string name in Tuned)
                Judge(name, CrossValidated(name, global, local, policy, pool, folds, seed), reference, pool, folds);
        }

        return (chosen, scores);

        int[] Folds(ImageSet set) => PatientFolds.Assign(set, settings.Folds, SeededRandom.Derive(seed, "personalization/folds"));

        bool RanksNoWorse(float[] rows, float[] reference, ImageSet set, int[]? folds) => PairedBootstrap.MacroAreaGain(
            rows, reference, set.Labels, set.Patients, classes, settings.Confidence, SeededRandom.Derive(seed, "personalization/ranks"), folds: folds)
            .LowerBound >= -settings.RankTolerance;

        void Judge(string name, float[] rows, float[] reference, ImageSet set, int[]? folds = null)
        {
            var score = Score(name, rows, reference, set, seed);
            scores.Add(score);
            if (score.MarginLowerBound > bestBound && RanksNoWorse(rows, reference, set, folds))
                (bestBound, chosen) = (score.MarginLowerBound, name);
        }
    }

    /// <summary>Fits the named candidate on <paramref name="fit"/>.</summary>
    /// <param name="unseen">Those images that neither model was trained on.</param>
    public TrainedModel Fit(string name, float[] global, float[] local, RoundPolicy policy, ImageSet fit, ImageSet unseen, Digest seed)
    {
        switch (name)
        {
            case "global":
                return new TrainedModel(name, global);
            case "local":
                return new TrainedModel(name, local);
            case "norms-and-head":
                return new TrainedModel(name, Tune(global, fit, policy, settings.Steps, role => role != ParameterRole.Backbone, seed));
            case "head-then-all":
                float[] head = Tune(global, fit, policy, settings.Steps / 2, role => role == ParameterRole.Head, seed);
                return new TrainedModel(name, Tune(head, fit, policy, settings.Steps / 2, null, seed));
            case "head-bias":
                return new TrainedModel(name, ShiftBias(global, unseen));
            case "ditto":
                return new TrainedModel(name, Tune(global, fit, policy, settings.Steps, null, seed, global));
            case "knn":
                return new TrainedModel(name, global)
                {
                    Memory = trainer.Predict(global, fit).Features,
                    MemoryLabels = fit.Labels,
                    Neighbours = settings.Neighbours,
                    Share = settings.NeighbourShare,
                };
            case "interpolation":
                return new TrainedModel(name, TrainedModel.Mix(global, local, settings.LocalShare));
            case "ensemble":
                return new TrainedModel(name, global) { Second = local, Share = 0.5f };
            default:
                throw new ArgumentException($"'{name}' is no candidate", nameof(name));
        }
    }

    private float[] CrossValidated(string name, float[] global, float[] local, RoundPolicy policy, ImageSet pool, int[] folds, Digest seed)
    {
        var rows = new float[pool.Count * classes];
        for (int fold = 0; fold < settings.Folds; fold++)
        {
            int[] held = [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] == fold)];
            int[] kept = [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] != fold)];
            if (held.Length == 0 || kept.Length == 0)
                continue;
            var part = Fit(name, global, local, policy, pool.Subset(kept), pool.Subset(kept), seed).Predict(trainer.Network, pool.Subset(held), classes);
            for (int i = 0; i < held.Length; i++)
                part.AsSpan(i * classes, classes).CopyTo(rows.AsSpan(held[i] * classes));
        }

        return rows;
    }

    private float[] ShiftBias(float[] global, ImageSet unseen)
    {
        var weights = (float[])global.Clone();
        // The head's bias is the last tensor of every architecture.
        int first = trainer.Layout.Offsets[^1];
        double[] shift = BiasShift.Fit(trainer.Predict(global, unseen).Probabilities, unseen.Labels, classes);
        for (int c = 0; c < classes; c++)
            weights[first + c] += (float)shift[c];
        return weights;
    }

    private float[] Tune(float[] start, ImageSet data, RoundPolicy policy, int steps, Func<ParameterRole, bool>? moving, Digest seed, float[]? anchor = null)
    {
        trainer.Optimizer.Reset();
        // The site tunes for its own patients: its own class frequencies count, not the chain's.
        int[] counts = data.ClassCounts(classes);
        var plan = StepPlan.Tuning(policy, steps, settings.RateFactor) with
        {
            Moving = moving,
            ClassWeights = [.. counts.Select(c => c == 0 ? 0 : (float)data.Count / classes / c)],
            Anchor = anchor,
            Pull = settings.Pull,
        };
        // A diverged fine-tuning returns its start, which is a fair candidate.
        return trainer.Train(start, data, plan, SeededRandom.Derive(seed, "personalization/batches")).Weights;
    }

    private CandidateScore Score(string name, float[] rows, float[] fallBack, ImageSet set, Digest seed)
    {
        double[] loss = BalancedLoss.Of(rows, set.Labels, classes), reference = BalancedLoss.Of(fallBack, set.Labels, classes);
        double bound = PairedBootstrap.MeanGainBound(
            [.. reference.Zip(loss, (r, l) => r - l)], set.Patients, settings.Confidence, SeededRandom.Derive(seed, "personalization/bootstrap"));
        return new CandidateScore(name, loss.Average(), bound);
    }
}
