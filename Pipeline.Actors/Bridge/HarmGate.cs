using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Bridge;

/// <summary>
/// Does an offered backbone help here? No similarity score predicts that, so it is tried: after cheap filters, short forks {own, offered, blend} race
/// side by side on the site's own patients and are compared on patients they did not see; the weaker of the offered ones is dropped half way (successive
/// halving, Jamieson and Talwalkar 2016). Works from some 20 images, since every patient of the train and validation splits is held out
/// once; test images are never touched.
/// </summary>
public sealed class HarmGate(SiteTrainer trainer, int classes, HarmGateSettings settings)
{
    /// <summary>Each fold holds a patient out, and one patient bounds nothing.</summary>
    private int LeastPatients => Math.Max(2, settings.Folds);

    /// <param name="own">The chain's model now.</param>
    /// <param name="policy">Batch size, rate and decay of the forks; the chain's blend factor.</param>
    /// <param name="data">Train and validation images.</param>
    public GateDecision Judge(FixedPointModel own, AuxiliaryBackbone offer, RoundPolicy policy, ImageSet data, Digest seed)
    {
        var screened = Screen(own, offer, data, seed);
        if (!screened.Accept)
            return screened;
        float[] start = own.ToFloats(), offered = Blend(own, offer.Backbone, 1);
        int[] folds = Folds(data, seed);
        var reference = Race(start, data, folds, policy, seed);
        ForkRace[] forks = [Race(offered, data, folds, policy, seed), Race(Blend(own, offer.Backbone, 0.5f), data, folds, policy, seed)];
        int best = forks[1].Loss < forks[0].Loss ? 1 : 0;
        var (gain, bound) = PairedBootstrap.MacroAreaGain(
            Finish(forks[best], data, folds, policy, seed), Finish(reference, data, folds, policy, seed), data.Labels, data.Patients, classes, settings.Confidence,
            SeededRandom.Derive(seed, "gate/bootstrap"), folds: folds);
        string name = best == 0 ? "offered" : "blend";
        bool accept = bound > 0;
        string reason = !double.IsFinite(bound)
            ? $"cannot tell: on these patients the gain of the best fork, '{name}', has no lower bound"
            : accept ? $"fork '{name}' gains {gain:F3} AUC on held-out patients, at least {bound:F3}"
            : $"no fork gains for certain: best '{name}' {gain:F3}, lower bound {bound:F3}";
        return screened with { Accept = accept, Reason = reason, Gain = gain, GainLowerBound = bound };
    }

    /// <summary>
    /// Is an offer worth a trial by the whole chain? All but the race: only what has another shape or size, or whose features tell this site's classes apart worse
    /// for certain, is refused.
    /// </summary>
    /// <param name="own">The chain's model now.</param>
    /// <param name="data">Train and validation images.</param>
    public GateDecision Screen(FixedPointModel own, AuxiliaryBackbone offer, ImageSet data, Digest seed)
    {
        string? mismatch = offer.Backbone.Matches(own.Layout);
        if (mismatch is not null)
            return Refuse($"other shape: {mismatch}");
        if (Shortage(data) is { } shortage)
            return Refuse(shortage);
        float[] start = own.ToFloats(), offered = Blend(own, offer.Backbone, 1);
        double ratio = Norm(own.Layout, offered) / Math.Max(Norm(own.Layout, start), 1e-12);
        if (!(ratio > 1 / settings.MaxNormRatio && ratio < settings.MaxNormRatio))
            return Refuse($"the backbone's norm is {ratio:G3} times our own");

        int[] folds = Folds(data, seed);
        float[] byOwn = Probe(start, data, folds), byOffered = Probe(offered, data, folds);
        double probeOwn = RocCurve.MacroArea(byOwn, data.Labels, classes), probeOffered = RocCurve.MacroArea(byOffered, data.Labels, classes);
        // It spares forks and trials; on few images it tells nothing, and may then keep nothing out.
        var (loss, least) = PairedBootstrap.MacroAreaGain(
            byOwn, byOffered, data.Labels, data.Patients, classes, settings.ProbeConfidence, SeededRandom.Derive(seed, "gate/probe"), folds: folds);
        return least > 0
            ? new GateDecision(
                false, $"its features tell our classes apart worse than our own for certain: by {loss:F3} AUC, averaged over folds, and at least {least:F3}", probeOwn, probeOffered, double.NaN, double.NaN)
            : new GateDecision(true, "its features are not worse than our own for certain: worth a trial", probeOwn, probeOffered, double.NaN, double.NaN);
    }

    /// <summary>Why nothing can be judged by these images; null when it can.</summary>
    public string? Shortage(ImageSet data) => data.ClassCounts(classes).Any(count => count < settings.MinimumPerClass)
        ? $"fewer than {settings.MinimumPerClass} images of a class here: too little to judge by"
        : data.Patients.Distinct().Take(LeastPatients).Count() < LeastPatients
        ? $"images of fewer than {LeastPatients} patients here: some of them have to be held out, and those that are differ by chance" : null;

    /// <summary>The model with w + α(offered − w) on the backbone, as floats.</summary>
    public static float[] Blend(FixedPointModel own, BackbonePayload offered, float alpha)
    {
        var weights = own.ToFloats();
        var values = offered.ToFloats();
        foreach (var run in own.Layout.Coordinates.Backbone)
        {
            for (int i = 0; i < run.Length; i++)
                weights[run.FlatStart + i] += alpha * (values[run.Start + i] - weights[run.FlatStart + i]);
        }

        return weights;
    }

    /// <summary>First stretch of a fork: in each fold it trains on the others' patients.</summary>
    private ForkRace Race(float[] start, ImageSet data, int[] folds, RoundPolicy policy, Digest seed)
    {
        var race = new ForkRace(settings.Folds);
        var rows = Stretch(race, _ => start, data, folds, policy, 0, settings.FirstSteps, seed);
        race.Loss = BalancedLoss.Of(rows, data.Labels, classes).Average();
        return race;
    }

    /// <summary>Second stretch, from where the first ended; held-out predictions, N × classes.</summary>
    private float[] Finish(ForkRace race, ImageSet data, int[] folds, RoundPolicy policy, Digest seed) =>
        Stretch(race, fold => race.Weights[fold], data, folds, policy, settings.FirstSteps, settings.FinalSteps, seed);

    private float[] Stretch(
        ForkRace race, Func<int, float[]> start, ImageSet data, int[] folds, RoundPolicy policy, int first, int steps, Digest seed)
    {
        var predictions = new float[data.Count * classes];
        double rate = policy.LearningRatePpm * 1e-6;
        int total = settings.FirstSteps + settings.FinalSteps;
        for (int fold = 0; fold < settings.Folds; fold++)
        {
            var (train, held) = Cut(folds, fold);
            trainer.Optimizer.Restore(race.Moments[fold].Steps, race.Moments[fold].First ?? new float[start(fold).Length], race.Moments[fold].Second ?? new float[start(fold).Length]);
            // The same batches for every fork: the comparison is paired.
            var training = trainer.Train(
                start(fold), data.Subset(train),
                new StepPlan(steps, policy.BatchSize, policy.WeightDecayPpm * 1e-6, step => rate * (1 - (double)(first + step) / total)),
                SeededRandom.Derive(seed, $"gate/batches/{fold}/{first}"));
            race.Weights[fold] = training.Weights;
            race.Moments[fold] = (trainer.Optimizer.Steps, [.. trainer.Optimizer.First], [.. trainer.Optimizer.Second]);
            Scatter(trainer.Predict(training.Weights, data.Subset(held)).Probabilities, held, predictions);
        }

        return predictions;
    }

    /// <summary>A fork on its way: weights and optimizer state in each fold.</summary>
    private sealed class ForkRace(int folds)
    {
        public float[][] Weights { get; } = new float[folds][];

        public (long Steps, float[]? First, float[]? Second)[] Moments { get; } = new (long, float[]?, float[]?)[folds];

        /// <summary>Held-out class-balanced cross-entropy (nats) after the first stretch.</summary>
        public double Loss { get; set; }
    }

    /// <summary>Held-out predictions by the nearest neighbours in a network's features, N × classes.</summary>
    private float[] Probe(float[] weights, ImageSet data, int[] folds)
    {
        float[] features = trainer.Predict(weights, data).Features;
        int width = features.Length / data.Count;
        var predictions = new float[data.Count * classes];
        for (int fold = 0; fold < settings.Folds; fold++)
        {
            var (train, held) = Cut(folds, fold);
            Scatter(
                NearestNeighbours.Predict(
                    Rows(features, train, width), [.. train.Select(i => data.Labels[i])], Rows(features, held, width), classes,
                    Math.Clamp(train.Length / 4, 1, settings.Neighbours)),
                held, predictions);
        }

        return predictions;
    }

    private void Scatter(float[] rows, int[] indices, float[] target)
    {
        for (int i = 0; i < indices.Length; i++)
            rows.AsSpan(i * classes, classes).CopyTo(target.AsSpan(indices[i] * classes));
    }

    private static float[] Rows(float[] values, int[] rows, int width)
    {
        var picked = new float[rows.Length * width];
        for (int i = 0; i < rows.Length; i++)
            values.AsSpan(rows[i] * width, width).CopyTo(picked.AsSpan(i * width));
        return picked;
    }

    private int[] Folds(ImageSet data, Digest seed) => PatientFolds.Assign(data, settings.Folds, SeededRandom.Derive(seed, "gate/folds"));

    private static (int[] Train, int[] Held) Cut(int[] folds, int fold) => (
        [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] != fold)],
        [.. Enumerable.Range(0, folds.Length).Where(i => folds[i] == fold)]);

    private static double Norm(ModelLayout layout, float[] weights)
    {
        double squares = 0;
        foreach (var run in layout.Coordinates.Backbone)
        {
            foreach (float value in weights.AsSpan(run.FlatStart, run.Length))
                squares += (double)value * value;
        }

        return Math.Sqrt(squares);
    }

    private static GateDecision Refuse(string reason) => new(false, reason, double.NaN, double.NaN, double.NaN, double.NaN);
}
