using Pipeline.Actors.Training.Sharing;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;

namespace Pipeline.Actors.Training;

/// <summary>
/// Local training and evaluation of one chain's model at one site. Synchronous, deterministic given the random stream (one intra-op
/// thread), and bound to the thread that uses it. The optimizer's moments persist from round to round and never leave the site.
/// </summary>
public sealed partial class SiteTrainer
{
    private readonly TrainerSettings _settings;
    private readonly float[] _classWeights;
    private readonly float[] _gradient;
    private readonly PartGradient _part;
    private readonly int _classes;

    /// <param name="device">Null = the CPU.</param>
    /// <param name="stop">Ends whatever is being computed, by <see cref="OperationCanceledException"/>.</param>
    public SiteTrainer(IArchitecture architecture, TaskDescriptor task, TrainerSettings settings, Device? device = null, CancellationToken stop = default)
    {
        _settings = settings;
        _classes = task.Classes.Count;
        _classWeights = settings.ClassWeights.Count == 0 ? [.. Enumerable.Repeat(1f, _classes)] : [.. settings.ClassWeights];
        Layout = architecture.Layout(task);
        Network = new TrainingNetwork(architecture, Layout, device ?? CPU, stop);
        _gradient = new float[Layout.Length];
        _part = new PartGradient(Network);
        Optimizer = new AdamW(Layout);
    }

    public ModelLayout Layout { get; }

    public TrainingNetwork Network { get; }

    /// <summary>State that never leaves the site.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Sum of the learning rates of a round's local steps.</summary>
    public double Rates(RoundPolicy policy, long round) => StepPlan.OfRound(policy, round, _settings.WarmUp).Rates;

    /// <summary>
    /// Of each class τ times the logarithm of what share of the loss's weight its images have here (Menon et al. 2021): nothing new where the chain's class
    /// weights make all classes weigh alike. A class that is missing counts as half an image. Empty where the policy has none.
    /// </summary>
    public float[] Prior(RoundPolicy policy, ImageSet data)
    {
        double strength = (policy.Update?.PriorPpm ?? 0) * 1e-6;
        if (strength == 0)
            return [];
        double[] weight = [.. data.ClassCounts(_classes).Zip(WeightsOf(policy.Update?.ClassWeights?.ToFloats()), (count, one) => Math.Max(count, 0.5) * one)];
        return [.. weight.Select(w => (float)(strength * Math.Log(w / weight.Sum())))];
    }

    /// <summary>Trains <paramref name="policy"/>'s local steps of round <paramref name="round"/> (from 1) from <paramref name="start"/>.</summary>
    /// <param name="start">Parameters in layout order.</param>
    /// <param name="sharing">Other trainers that compute parts of the steps' gradients; null for none.</param>
    /// <param name="drift">What the steps move the parameters by besides, in layout order; null for nothing.</param>
    public LocalTraining Train(
        long round, float[] start, ImageSet data, RoundPolicy policy, SeededRandom random, SharedRound? sharing = null, float[]? drift = null) =>
        Train(start, data, StepPlan.OfRound(policy, round, _settings.WarmUp, start, drift), new BatchOrder(data.Count, random), sharing);

    /// <inheritdoc cref="Train(long, float[], ImageSet, RoundPolicy, SeededRandom, SharedRound?, float[])"/>
    /// <param name="order">Goes on where an earlier stretch of the same images ended.</param>
    public LocalTraining Train(long round, float[] start, ImageSet data, RoundPolicy policy, BatchOrder order) =>
        Train(start, data, StepPlan.OfRound(policy, round, _settings.WarmUp, start), order);

    /// <param name="start">Parameters in layout order.</param>
    public LocalTraining Train(float[] start, ImageSet data, StepPlan plan, SeededRandom random) => Train(start, data, plan, new BatchOrder(data.Count, random));

    private LocalTraining Train(float[] start, ImageSet data, StepPlan plan, BatchOrder order, SharedRound? sharing = null)
    {
        var batch = new DrawnImage[Math.Min(plan.BatchSize, data.Count)];
        float[] classWeights = WeightsOf(plan.ClassWeights);
        double loss = 0;
        var weights = (float[])start.Clone();
        for (int step = 0; step < plan.Steps; step++)
        {
            for (int i = 0; i < batch.Length; i++)
                batch[i] = new DrawnImage(order.Next(), _settings.Augmentation.Draw(order.Random));
            double rate = plan.Rate(step), value = sharing is null
                ? _part.Of(weights, data, batch, classWeights, PartGradient.WeightOf(data, batch, classWeights), _gradient)
                : sharing.Gradient(_part, weights, data, batch, classWeights, _gradient);
            if (!double.IsFinite(value))
                return new LocalTraining(start, value, $"the loss was {value} at step {step + 1} of {plan.Steps}: the learning rate is too high or the data is corrupt");
            Optimizer.Step(weights, _gradient, rate, plan.Decay, plan.Moving);
            Correct(weights, plan, rate, plan.Steps);
            loss += value;
        }

        return new LocalTraining(weights, loss / Math.Max(plan.Steps, 1), null);
    }

    /// <summary>Class probabilities (N × classes, row-major) and features (N × F) of a model.</summary>
    public (float[] Probabilities, float[] Features) Predict(float[] weights, ImageSet data) => Network.Predict(weights, data);

    public ModelScore Evaluate(float[] weights, ImageSet data) =>
        RocCurve.Score(Predict(weights, data).Probabilities, data.Labels, _classes);

    private float[] WeightsOf(IReadOnlyList<float>? weights) => weights is null ? _classWeights : [.. weights];

    /// <summary>What a plan adds to an optimizer's step: the pull towards its anchor, and one step's share of its drift.</summary>
    private static void Correct(float[] weights, StepPlan plan, double rate, int steps)
    {
        if (plan.Anchor is { } anchor)
        {
            float share = (float)Math.Min(1, rate * plan.Pull);
            for (int i = 0; i < weights.Length; i++)
                weights[i] -= share * (weights[i] - anchor[i]);
        }

        if (plan.Drift is { } drift)
        {
            for (int i = 0; i < weights.Length; i++)
                weights[i] += drift[i] / steps;
        }
    }
}
