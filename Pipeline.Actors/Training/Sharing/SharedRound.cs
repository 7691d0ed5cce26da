using System.Numerics;

namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// One round's gradients, computed by several trainers: each step's batch is cut over them (<see cref="BatchSplit"/>), the first part is computed here, and the
/// sum of the parts is the batch's gradient but for the order of additions. A trainer that fails is left out from then on, and its part is computed here.
/// </summary>
public sealed class SharedRound
{
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private readonly Action<string, string> _left;
    private readonly CancellationToken _stop;
    private readonly List<IGradientHelper> _helpers;
    private readonly List<StepTime> _times = [];
    private readonly List<string> _failed = [];
    private float[] _part = [];

    internal SharedRound(
        IReadOnlyList<IGradientHelper> helpers, TimeSpan patience, TimeProvider clock, Action<string, string> left, CancellationToken stop)
    {
        (_helpers, _patience, _clock, _left, _stop) = ([.. helpers], patience, clock, left, stop);
    }

    /// <summary>Trainers whose parts are in the round's steps, this one among them.</summary>
    public int Trainers { get; private set; } = 1;

    /// <summary>Of the steps whose parts came as they were sent.</summary>
    public IReadOnlyCollection<StepTime> Times => _times;

    /// <summary>Nodes that were left out.</summary>
    public IReadOnlyCollection<string> Failed => _failed;

    /// <summary>Nodes that take part still.</summary>
    public IEnumerable<string> Helped => _helpers.Select(helper => helper.Node);

    /// <summary>Loss (nats) and gradient of a batch.</summary>
    /// <param name="gradient">Receives the gradient, in layout order; of no use when the loss is not finite.</param>
    /// <exception cref="OperationCanceledException">The site stops.</exception>
    internal double Gradient(
        PartGradient own, float[] weights, ImageSet data, ReadOnlySpan<DrawnImage> batch, float[] classWeights, Span<float> gradient)
    {
        long began = _clock.GetTimestamp();
        double whole = PartGradient.WeightOf(data, batch, classWeights);
        var parts = BatchSplit.Of(batch.Length, 1 + _helpers.Count);
        IGradientHelper[] helpers = [.. _helpers.Take(parts.Length - 1)];
        for (int i = 0; i < helpers.Length; i++)
            helpers[i].Begin(new GradientWork(weights, Marked(data, Slice(batch, parts[i + 1])), classWeights, whole));
        double loss = own.Of(weights, data, Slice(batch, parts[0]), classWeights, whole, gradient);
        int helped = 0;
        for (int i = 0; i < helpers.Length; i++)
        {
            var wait = _patience - _clock.GetElapsedTime(began);
            var part = Check(helpers[i].End(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, _stop), gradient.Length);
            if (part.Fault is { } fault)
            {
                LeaveOut(helpers[i], fault);
                if (_part.Length != gradient.Length)
                    _part = new float[gradient.Length];
                part = new GradientPart(own.Of(weights, data, Slice(batch, parts[i + 1]), classWeights, whole, _part), _part);
            }
            else
            {
                helped++;
            }

            loss += part.Loss;
            // What is not finite is reported by the loss, and its gradient is of no use.
            if (double.IsFinite(part.Loss))
                Add(gradient, part.Gradient);
        }

        Trainers = Math.Max(Trainers, 1 + helped);
        // A step that someone was waited for in vain tells nothing.
        if (helped == helpers.Length)
            _times.Add(new StepTime(batch.Length, parts.Length, _clock.GetElapsedTime(began)));
        return loss;
    }

    private static GradientPart Check(GradientPart part, int length)
    {
        if (part.Fault is not null)
            return part;
        return part.Gradient.Length != length
            ? GradientPart.Failed($"a gradient of {part.Gradient.Length} values where the network has {length}")
            : double.IsFinite(part.Loss) ? part : GradientPart.Failed($"its loss was {part.Loss}");
    }

    private static ReadOnlySpan<DrawnImage> Slice(ReadOnlySpan<DrawnImage> batch, (int Start, int Count) part) => batch.Slice(part.Start, part.Count);

    private static MarkedImage[] Marked(ImageSet data, ReadOnlySpan<DrawnImage> part)
    {
        var marked = new MarkedImage[part.Length];
        for (int i = 0; i < marked.Length; i++)
            marked[i] = new MarkedImage(data.Marks[part[i].Index], part[i].Draw);
        return marked;
    }

    private static void Add(Span<float> sum, ReadOnlySpan<float> values)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(values[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += values[i];
    }

    private void LeaveOut(IGradientHelper helper, string fault)
    {
        helper.Leave();
        _helpers.Remove(helper);
        _failed.Add(helper.Node);
        _left(helper.Node, fault);
    }
}
