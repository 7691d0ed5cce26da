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

    private LearnedInverter(ModelLayout layout, float[] weights, ulong seed, int area)
    {
        _layout = layout;
        _weights = weights;
        _seed = seed;
        _area = area;
    }

    /// <summary>One update of the attacker's own, and the images that it was made of.</summary>
    /// <param name="Images">Count × Height × Width.</param>
    public sealed record Example(ObservedUpdate Update, float[] Images);

    /// <param name="area">Height × Width of an image.</param>
    /// <param name="steps">Training steps of <see cref="Batch"/> examples.</param>
    /// <exception cref="ArgumentException">There is no example.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static LearnedInverter Learn(IReadOnlyList<Example> examples, int area, int steps, SeededRandom random, CancellationToken stop = default)
    {
        if (examples.Count == 0)
            throw new ArgumentException("an inverter learns from one update at least", nameof(examples));
        var layout = new ModelLayout(
        [
            new TensorLayout("1.weight", [Hidden, Projected], ParameterRole.Backbone, 22), new TensorLayout("1.bias", [Hidden], ParameterRole.Backbone, 22),
            new TensorLayout("2.weight", [Hidden, Hidden], ParameterRole.Backbone, 22), new TensorLayout("2.bias", [Hidden], ParameterRole.Backbone, 22),
            new TensorLayout("3.weight", [area, Hidden], ParameterRole.Head, 22), new TensorLayout("3.bias", [area], ParameterRole.Head, 22),
        ]);
        var inverter = new LearnedInverter(layout, new float[layout.Length], random.NextUInt64(), area);
        inverter.Initialize(random);
        float[][] inputs = [.. examples.Select(e => inverter.Project(e.Update))];
        var optimizer = new AdamW(layout);
        var order = new BatchOrder(examples.Count, random);
        for (int step = 0; step < steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            int[] batch = [.. Enumerable.Range(0, Math.Min(Batch, examples.Count)).Select(_ => order.Next())];
            float[] gradient = inverter.Gradient([.. batch.Select(i => inputs[i])], [.. batch.Select(i => examples[i].Images)]);
            optimizer.Step(inverter._weights, gradient, Rate * 0.5 * (1 + Math.Cos(Math.PI * step / steps)), Decay);
        }

        return inverter;
    }

    /// <summary>Height × Width.</summary>
    public float[] Invert(ObservedUpdate update)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        return Floats(Forward(tensor(_weights), Project(update), 1));
    }

    private float[] Gradient(float[][] inputs, float[][] sets)
    {
        using var scope = NewDisposeScope();
        using var graph = enable_grad();
        var flat = tensor(_weights, requires_grad: true);
        var made = Forward(flat, [.. inputs.SelectMany(i => i)], inputs.Length);
        float[] images = Floats(made), nearest = new float[images.Length];
        for (int i = 0; i < inputs.Length; i++)
            Nearest(images.AsSpan(i * _area, _area), sets[i]).CopyTo(nearest.AsSpan(i * _area));
        var loss = F.mse_loss(made, tensor(nearest, [inputs.Length, _area]));
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

    private ReadOnlySpan<float> Nearest(ReadOnlySpan<float> made, float[] set)
    {
        (double least, int best) = (double.MaxValue, 0);
        for (int at = 0; at < set.Length; at += _area)
        {
            double squares = 0;
            for (int i = 0; i < _area; i++)
                squares += (made[i] - set[at + i]) * (made[i] - set[at + i]);
            if (squares < least)
                (least, best) = (squares, at);
        }

        return set.AsSpan(best, _area);
    }

    /// <summary>A count sketch (Charikar et al. 2002) of the update's direction: each coordinate with a sign of its own into one of the inputs.</summary>
    private float[] Project(ObservedUpdate update)
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
