using System.Runtime.InteropServices;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// Inverting Gradients (Geiping et al. 2020): searches an image whose gradient points where the observed one does, by 1 − cosine over the coordinates that were
/// sent plus total variation, with Adam over the sign of its gradient. The search differentiates a gradient; everything that a step makes lives until its end.
/// </summary>
public sealed class GradientInversion(IArchitecture architecture, ModelLayout layout, InversionSettings settings)
{
    private readonly long[] _sizes = [.. layout.Tensors.Select(t => (long)t.Length)];
    private readonly long[][] _shapes = [.. layout.Tensors.Select(t => t.Shape.Select(d => (long)d).ToArray())];

    /// <param name="Image">Height × Width.</param>
    /// <param name="Distance">1 − cosine that was reached, 0 … 2.</param>
    public sealed record Reconstruction(float[] Image, double Distance);

    /// <param name="weights">The model that the update is relative to.</param>
    /// <param name="start">Where the search begins: Height × Width.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public Reconstruction Run(float[] weights, ObservedUpdate observed, int label, float[] start, int height, int width, CancellationToken stop = default)
    {
        var image = (float[])start.Clone();
        var (first, second) = (new double[image.Length], new double[image.Length]);
        float[] target = Unit(observed.Gradient), mask = [.. observed.Sent.Select(s => s ? 1f : 0f)];
        double distance = 1;
        for (int step = 0; step < settings.Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            distance = Step(weights, target, mask, label, image, height, width, out float[] slope);
            double rate = settings.Rate * 0.5 * (1 + Math.Cos(Math.PI * step / settings.Steps));
            for (int i = 0; i < image.Length; i++)
            {
                int sign = Math.Sign(float.IsFinite(slope[i]) ? slope[i] : 0);
                first[i] = 0.9 * first[i] + 0.1 * sign;
                second[i] = 0.999 * second[i] + 0.001 * sign * sign;
                double mean = first[i] / (1 - Math.Pow(0.9, step + 1)), square = second[i] / (1 - Math.Pow(0.999, step + 1));
                image[i] -= (float)(rate * mean / (Math.Sqrt(square) + 1e-8));
            }
        }

        return new Reconstruction(image, distance);
    }

    private double Step(float[] weights, float[] target, float[] mask, int label, float[] image, int height, int width, out float[] slope)
    {
        using var scope = NewDisposeScope();
        using var graph = enable_grad();
        var flat = tensor(weights, requires_grad: true);
        var x = tensor(image, [1, 1, height, width], requires_grad: true);
        var parameters = flat.split(_sizes);
        for (int i = 0; i < parameters.Length; i++)
            parameters[i] = parameters[i].view(_shapes[i]);
        var loss = nn.functional.cross_entropy(architecture.Head(parameters, architecture.Features(parameters, x)), tensor(new long[] { label }));
        // TorchSharp frees the graph even where another is built on it, unless told to keep it; the second pass would then end the process.
        var gradient = autograd.grad([loss], [flat], retain_graph: true, create_graph: true)[0].mul(tensor(mask));
        // Tensors in place of numbers throughout: a number becomes a native scalar, whose finalizer may run during the call that it was made for.
        var norm = gradient.mul(gradient).sum().add(tensor(1e-24f)).sqrt();
        var cosine = gradient.mul(tensor(target)).sum().div(norm);
        var roughness = Difference(x, 2, height).add(Difference(x, 3, width)).mul(tensor((float)settings.TotalVariation));
        slope = Floats(autograd.grad([roughness.sub(cosine)], [x])[0]);
        return 1 - Floats(cosine)[0];
    }

    private static Tensor Difference(Tensor x, int dimension, int length) =>
        x.narrow(dimension, 1, length - 1).sub(x.narrow(dimension, 0, length - 1)).abs().mean();

    private static float[] Unit(float[] values)
    {
        double norm = Math.Sqrt(values.Sum(v => (double)v * v));
        return norm == 0 ? values : [.. values.Select(v => (float)(v / norm))];
    }

    private static float[] Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().contiguous().bytes).ToArray();
}
