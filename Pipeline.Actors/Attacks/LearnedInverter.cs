using System.Runtime.InteropServices;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// A network that makes an image of an update (Learning to Invert, Wu et al. 2023): three layers over a random projection of what was observed, trained on
/// updates that the attacker makes of images of its own as a member would make them. Of an update of many images it is taught whichever of them it comes
/// nearest to, since no order is in a sum.
/// </summary>
public sealed class LearnedInverter
{
    private const int Projected = 1024, Hidden = 512, Batch = 32;
    private const double Rate = 1e-3, Decay = 1e-4;

    private readonly ModelLayout _layout;
    private readonly float[] _weights;
    private readonly ulong _seed;
    private readonly int _area;

    /// <param name="area">Height × Width of an image.</param>
    /// <param name="random">First weights, and the projection.</param>
    public LearnedInverter(int area, SeededRandom random)
    {
        _area = area;
        _seed = random.NextUInt64();
        _layout = new ModelLayout(
        [
            new TensorLayout("1.weight", [Hidden, Projected], ParameterRole.Backbone, 22), new TensorLayout("1.bias", [Hidden], ParameterRole.Backbone, 22),
            new TensorLayout("2.weight", [Hidden, Hidden], ParameterRole.Backbone, 22), new TensorLayout("2.bias", [Hidden], ParameterRole.Backbone, 22),
            new TensorLayout("3.weight", [area, Hidden], ParameterRole.Head, 22), new TensorLayout("3.bias", [area], ParameterRole.Head, 22),
        ]);
        _weights = new float[_layout.Length];
        Initialize(random);
    }

    /// <summary>One update of the attacker's own, as <see cref="Sketch"/> makes it, and the images that it was made of.</summary>
    public sealed record Example(float[] Sketch, IReadOnlyList<ReadOnlyMemory<float>> Images);

    /// <param name="steps">Training steps of <see cref="Batch"/> examples.</param>
    /// <exception cref="ArgumentException">There is no example.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public void Learn(IReadOnlyList<Example> examples, int steps, SeededRandom random, CancellationToken stop = default)
    {
        if (examples.Count == 0)
            throw new ArgumentException("an inverter learns from one update at least", nameof(examples));
        var optimizer = new AdamW(_layout);
        var order = new BatchOrder(examples.Count, random);
        for (int step = 0; step < steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            int[] batch = [.. Enumerable.Range(0, Math.Min(Batch, examples.Count)).Select(_ => order.Next())];
            float[] gradient = Gradient([.. batch.Select(i => examples[i])]);
            optimizer.Step(_weights, gradient, Rate * 0.5 * (1 + Math.Cos(Math.PI * step / steps)), Decay);
        }
    }

    /// <summary>Height × Width.</summary>
    public float[] Invert(float[] sketch)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return Floats(Forward(tensor(_weights), sketch, 1));
    }

    private float[] Gradient(Example[] examples)
    {
        using var scope = NewDisposeScope();
        using var graph = enable_grad();
        var flat = tensor(_weights, requires_grad: true);
        var made = Forward(flat, [.. examples.SelectMany(e => e.Sketch)], examples.Length);
        float[] images = Floats(made), nearest = new float[images.Length];
        for (int i = 0; i < examples.Length; i++)
            Nearest(images.AsSpan(i * _area, _area), examples[i].Images).CopyTo(nearest.AsSpan(i * _area));
        var loss = F.mse_loss(made, tensor(nearest, [examples.Length, _area]));
        return Floats(autograd.grad([loss], [flat])[0]);
    }

    private Tensor Forward(Tensor flat, float[] inputs, int count)
    {
        var parts = flat.split([.. _layout.Tensors.Select(t => (long)t.Length)]);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = parts[i].view([.. _layout.Tensors[i].Shape.Select(d => (long)d)]);
        var x = F.relu(F.linear(tensor(inputs, [count, Projected]), parts[0], parts[1]));
        return F.linear(F.relu(F.linear(x, parts[2], parts[3])), parts[4], parts[5]);
    }

    private static ReadOnlySpan<float> Nearest(ReadOnlySpan<float> made, IReadOnlyList<ReadOnlyMemory<float>> set)
    {
        (double least, int best) = (double.MaxValue, 0);
        for (int k = 0; k < set.Count; k++)
        {
            double squares = 0;
            var image = set[k].Span;
            for (int i = 0; i < made.Length; i++)
                squares += (made[i] - image[i]) * (made[i] - image[i]);
            if (squares < least)
                (least, best) = (squares, k);
        }

        return set[best].Span;
    }

    /// <summary>A count sketch (Charikar et al. 2002) of the update's direction: each coordinate with a sign of its own into one of the inputs.</summary>
    public float[] Sketch(ObservedUpdate update)
    {
        var random = new SeededRandom(_seed);
        var sketch = new float[Projected];
        double squares = 0;
        foreach (float value in update.Gradient)
        {
            ulong draw = random.NextUInt64();
            sketch[draw % Projected] += (draw >> 63) == 0 ? value : -value;
        }

        foreach (float value in sketch)
            squares += (double)value * value;
        float scale = squares == 0 ? 0 : (float)Math.Sqrt(Projected / squares);
        foreach (ref float value in sketch.AsSpan())
            value *= scale;
        return sketch;
    }

    private void Initialize(SeededRandom random)
    {
        for (int t = 0; t < _layout.Tensors.Count; t++)
        {
            var shape = _layout.Tensors[t].Shape;
            if (shape.Count < 2)
                continue;
            double deviation = Math.Sqrt((t + 2 < _layout.Tensors.Count ? 2.0 : 1.0) / shape[1]);
            foreach (ref float value in _weights.AsSpan(_layout.Offsets[t], _layout.Tensors[t].Length))
                value = (float)(deviation * random.NextGaussian());
        }
    }

    private static float[] Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().contiguous().bytes).ToArray();
}
