using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;

namespace Pipeline.Actors.Training;

/// <summary>
/// Local training and evaluation of one chain's model at one site. Synchronous, deterministic given the random stream (one intra-op
/// thread), and bound to the thread that uses it. The optimizer's moments persist from round to round and never leave the site.
/// </summary>
public sealed class SiteTrainer
{
    private readonly TrainerSettings _settings;
    private readonly float[] _classWeights;
    private readonly TrainingNetwork _network;
    private readonly float[] _gradient;
    private readonly int _classes;

    public SiteTrainer(IArchitecture architecture, TaskDescriptor task, TrainerSettings settings, Device? device = null)
    {
        _settings = settings;
        _classes = task.Classes.Count;
        _classWeights = settings.ClassWeights.Count == 0 ? [.. Enumerable.Repeat(1f, _classes)] : [.. settings.ClassWeights];
        Layout = architecture.Layout(task);
        _network = new TrainingNetwork(architecture, Layout, device ?? CPU);
        _gradient = new float[Layout.Length];
        Optimizer = new AdamW(Layout);
    }

    public ModelLayout Layout { get; }

    /// <summary>State that never leaves the site.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Trains <paramref name="policy"/>'s local steps of round <paramref name="round"/> (from 1) from <paramref name="start"/>.</summary>
    /// <param name="start">Parameters in layout order.</param>
    public LocalTraining Train(long round, float[] start, ImageSet data, RoundPolicy policy, SeededRandom random)
    {
        long total = (long)policy.Rounds * policy.LocalSteps, first = (round - 1) * policy.LocalSteps;
        return Train(
            start, data, policy.LocalSteps, policy.BatchSize, policy.WeightDecayPpm * 1e-6, random,
            step => policy.LearningRatePpm * 1e-6 * Schedule(first + step, total));
    }

    /// <summary>Trains <paramref name="steps"/> steps at the rates of <paramref name="rate"/>.</summary>
    /// <param name="moving">Roles that may move; null for all.</param>
    public LocalTraining Train(
        float[] start, ImageSet data, int steps, int batchSize, double decay, SeededRandom random, Func<int, double> rate,
        Func<ParameterRole, bool>? moving = null)
    {
        int area = data.Height * data.Width, batch = Math.Min(batchSize, data.Count);
        var images = new float[batch * area];
        var labels = new long[batch];
        var order = Enumerable.Range(0, data.Count).ToArray();
        int next = order.Length;
        double loss = 0;
        var weights = (float[])start.Clone();
        for (int step = 0; step < steps; step++)
        {
            for (int i = 0; i < batch; i++)
            {
                if (next == order.Length)
                {
                    random.Shuffle(order.AsSpan());
                    next = 0;
                }

                int index = order[next++];
                labels[i] = data.Labels[index];
                _settings.Augmentation.Apply(
                    data.Pixels.AsSpan(index * area, area), images.AsSpan(i * area, area), data.Height, data.Width, random);
            }

            double value = _network.Gradient(weights, images, labels, data.Height, data.Width, _classWeights, _gradient);
            if (!double.IsFinite(value))
                return new LocalTraining(start, value, $"the loss was {value} at step {step + 1} of {steps}: the learning rate is too high or the data is corrupt");
            Optimizer.Step(weights, _gradient, rate(step), decay, moving);
            loss += value;
        }

        return new LocalTraining(weights, loss / Math.Max(steps, 1), null);
    }

    /// <summary>Class probabilities (N × classes, row-major) and features (N × F) of a model.</summary>
    public (float[] Probabilities, float[] Features) Predict(float[] weights, ImageSet data) => _network.Predict(weights, data);

    public ModelScore Evaluate(float[] weights, ImageSet data) =>
        RocCurve.Score(Predict(weights, data).Probabilities, data.Labels, _classes);

    /// <summary>Linear warm-up, then a half cosine to zero; 0 … 1.</summary>
    private double Schedule(long step, long total)
    {
        double at = (step + 0.5) / total;
        double rise = _settings.WarmUp > 0 ? Math.Min(1, at / _settings.WarmUp) : 1;
        return rise * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(at, 1)));
    }
}
