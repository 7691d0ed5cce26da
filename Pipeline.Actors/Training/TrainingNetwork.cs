using System.Runtime.InteropServices;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;

namespace Pipeline.Actors.Training;

/// <summary>
/// Runs one architecture on a device. Parameters live in managed memory as one flat vector; a call copies them into one flat tensor, of which
/// the network sees views, so that the gradient arrives as one vector too. No native memory outlives a call.
/// </summary>
public sealed class TrainingNetwork
{
    private readonly IArchitecture _architecture;
    private readonly Device _device;
    private readonly long[] _sizes;
    private readonly long[][] _shapes;

    public TrainingNetwork(IArchitecture architecture, ModelLayout layout, Device device)
    {
        _architecture = architecture;
        _device = device;
        _sizes = [.. layout.Tensors.Select(t => (long)t.Length)];
        _shapes = [.. layout.Tensors.Select(t => t.Shape.Select(d => (long)d).ToArray())];
    }

    /// <summary>Class-weighted cross-entropy of a batch and its gradient.</summary>
    /// <param name="images">N × height × width.</param>
    /// <param name="gradient">Receives the gradient, in layout order; untouched when the loss is not finite.</param>
    /// <returns>The loss (nats).</returns>
    public double Gradient(float[] weights, float[] images, long[] labels, int height, int width, float[] classWeights, Span<float> gradient)
    {
        using var scope = NewDisposeScope();
        var flat = tensor(weights, device: _device, requires_grad: true);
        var x = tensor(images, [labels.Length, 1, height, width], device: _device);
        var y = tensor(labels, device: _device);
        var balance = tensor(classWeights, device: _device);
        var parameters = Views(flat);
        var loss = nn.functional.cross_entropy(_architecture.Head(parameters, _architecture.Features(parameters, x)), y, balance);
        double value = Floats(loss)[0];
        if (double.IsFinite(value))
            Floats(autograd.grad([loss], [flat])[0]).CopyTo(gradient);
        return value;
    }

    /// <summary>Class probabilities, row-major N × classes, and features N × F.</summary>
    public (float[] Probabilities, float[] Features) Predict(float[] weights, ImageSet set, int batch = 64)
    {
        using var quiet = no_grad();
        var probabilities = new List<float>();
        var features = new List<float>();
        int area = set.Height * set.Width;
        for (int at = 0; at < set.Count; at += batch)
        {
            using var scope = NewDisposeScope();
            int n = Math.Min(batch, set.Count - at);
            var parameters = Views(tensor(weights, device: _device));
            var x = tensor(set.Pixels.AsSpan(at * area, n * area).ToArray(), [n, 1, set.Height, set.Width], device: _device);
            var hidden = _architecture.Features(parameters, x);
            features.AddRange(Floats(hidden));
            probabilities.AddRange(Floats(_architecture.Head(parameters, hidden).softmax(1)));
        }

        return ([.. probabilities], [.. features]);
    }

    private Tensor[] Views(Tensor flat)
    {
        var parts = flat.split(_sizes);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = parts[i].view(_shapes[i]);
        return parts;
    }

    private static Span<float> Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().cpu().contiguous().bytes);
}
