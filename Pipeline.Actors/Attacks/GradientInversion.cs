using System.Runtime.InteropServices;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// "Inverting Gradients" (Geiping et al. 2020): looks for images whose gradient points where the observed one does, by signed Adam on
/// 1 − cos + λ·TV. Only coordinates that were sent count. Synchronous, on the calling thread.
/// </summary>
public sealed class GradientInversion(IArchitecture architecture, ModelLayout layout, Device device)
{
    private readonly long[] _sizes = [.. layout.Tensors.Select(t => (long)t.Length)];
    private readonly long[][] _shapes = [.. layout.Tensors.Select(t => t.Shape.Select(d => (long)d).ToArray())];

    /// <param name="weights">The model that the update is relative to.</param>
    /// <param name="labels">Of the images looked for, known or guessed (<see cref="HeadLeak"/>).</param>
    /// <param name="random">Where the search starts.</param>
    /// <returns>One image of height × width for each label, in the units of <see cref="ImageSet"/>, and the final 1 − cos.</returns>
    public (float[][] Images, double Distance) Reconstruct(
        float[] weights, ObservedUpdate observed, long[] labels, int height, int width, InversionSettings settings, SeededRandom random,
        CancellationToken stop = default)
    {
        int area = height * width;
        float[] pixels = [.. Enumerable.Range(0, labels.Length * area).Select(_ => (float)random.NextGaussian())];
        float[] first = new float[pixels.Length], second = new float[pixels.Length], step = new float[pixels.Length];
        double distance = 1;
        for (int i = 1; i <= settings.Iterations; i++)
        {
            stop.ThrowIfCancellationRequested();
            distance = Slope(weights, observed, pixels, labels, height, width, settings.Variation, step);
            int drops = (8 * i > 3 * settings.Iterations ? 1 : 0) + (8 * i > 5 * settings.Iterations ? 1 : 0) + (8 * i > 7 * settings.Iterations ? 1 : 0);
            SignedAdam(pixels, step, first, second, i, (float)(settings.Rate * Math.Pow(0.1, drops)));
        }

        return ([.. Enumerable.Range(0, labels.Length).Select(i => pixels[(i * area)..((i + 1) * area)])], distance);
    }

    /// <summary>1 − cos, and the gradient of the whole objective by pixel.</summary>
    private double Slope(
        float[] weights, ObservedUpdate observed, float[] pixels, long[] labels, int height, int width, double variation, float[] slope)
    {
        using var scope = NewDisposeScope();
        // Kept to the end of the calls that use them: a scalar without an owner may be finalized during one.
        using Scalar one = 1.0.ToScalar(), least = 1e-12.ToScalar(), weight = variation.ToScalar();
        // In double precision: directions of tiny second derivatives decide near the end.
        var flat = tensor(weights, device: device).to(ScalarType.Float64).requires_grad_();
        var parts = flat.split(_sizes);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = parts[i].view(_shapes[i]);
        var x = tensor(pixels, [labels.Length, 1, height, width], device: device).to(ScalarType.Float64).requires_grad_();
        var loss = F.cross_entropy(architecture.Head(parts, architecture.Features(parts, x)), tensor(labels, device: device));
        var gradient = autograd.grad([loss], [flat], create_graph: true)[0];
        var target = tensor(observed.Gradient, device: device).to(ScalarType.Float64);
        var own = gradient.mul(tensor(observed.Sent, device: device).to(ScalarType.Float64));
        var cosine = own.mul(target).sum().div(own.square().sum().sqrt().mul(target.square().sum().sqrt()).add(least, one));
        var tv = x.diff(dim: 2).abs().mean().add(x.diff(dim: 3).abs().mean(), one);
        var objective = tv.mul(weight).add(cosine.neg(), one);
        Floats(autograd.grad([objective], [x])[0]).CopyTo(slope);
        return 1 - Floats(cosine)[0];
    }

    private static void SignedAdam(float[] pixels, float[] slope, float[] first, float[] second, int step, float rate)
    {
        const float beta1 = 0.9f, beta2 = 0.999f;
        float down1 = (float)(1 - Math.Pow(beta1, step)), down2 = (float)(1 - Math.Pow(beta2, step));
        for (int i = 0; i < pixels.Length; i++)
        {
            float sign = Math.Sign(float.IsFinite(slope[i]) ? slope[i] : 0);
            first[i] = beta1 * first[i] + (1 - beta1) * sign;
            second[i] = beta2 * second[i] + (1 - beta2) * sign * sign;
            pixels[i] -= rate * (first[i] / down1) / (MathF.Sqrt(second[i] / down2) + 1e-8f);
        }
    }

    private static Span<float> Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().to(ScalarType.Float32).cpu().contiguous().bytes);
}
