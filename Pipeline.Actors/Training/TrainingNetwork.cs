using System.Numerics;
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
    /// <summary>Pixels of images whose activations fit a core's second-level cache: 80 images of 64 × 64 in one go took over twice the processor time.</summary>
    private const int PartPixels = 16 * 64 * 64;

    /// <summary>Fewer images than this cost more in calls than the cache saves.</summary>
    private const int SmallestPart = 4;

    private readonly IArchitecture _architecture;
    private readonly Device _device;
    private readonly CancellationToken _stop;
    private readonly long[] _sizes;
    private readonly long[][] _shapes;

    /// <param name="stop">Once it is cancelled, gradients and predictions throw <see cref="OperationCanceledException"/>.</param>
    public TrainingNetwork(IArchitecture architecture, ModelLayout layout, Device device, CancellationToken stop = default)
    {
        _architecture = architecture;
        _device = device;
        _stop = stop;
        _sizes = [.. layout.Tensors.Select(t => (long)t.Length)];
        _shapes = [.. layout.Tensors.Select(t => t.Shape.Select(d => (long)d).ToArray())];
    }

    /// <summary>Class-weighted cross-entropy of a batch and its gradient, summed over parts whose activations stay in a core's cache.</summary>
    /// <param name="images">N × height × width.</param>
    /// <param name="gradient">Receives the gradient, in layout order; of no use when the loss is not finite.</param>
    /// <param name="whole">
    /// Sum of the class weights of the batch that these images are a part of: the parts' losses and gradients then add up to the batch's. Null for a batch.
    /// </param>
    /// <returns>The loss (nats).</returns>
    public double Gradient(
        float[] weights, float[] images, long[] labels, int height, int width, float[] classWeights, Span<float> gradient, double? whole = null)
    {
        int area = height * width;
        double total = whole ?? WeightOf(labels, classWeights), value = 0;
        foreach (var (at, n) in Parts(labels.Length, area))
        {
            _stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var flat = tensor(weights, device: _device, requires_grad: true);
            var x = tensor(images[(at * area)..((at + n) * area)], [n, 1, height, width], device: _device);
            var y = tensor(labels[at..(at + n)], device: _device);
            var balance = tensor(classWeights, device: _device);
            var parameters = Views(flat);
            var loss = nn.functional.cross_entropy(
                _architecture.Head(parameters, _architecture.Features(parameters, x)), y, balance, reduction: nn.Reduction.Sum);
            value += Floats(loss)[0];
            if (!double.IsFinite(value))
                return value;
            if (at == 0)
                gradient.Clear();
            AddScaled(gradient, Floats(autograd.grad([loss], [flat])[0]), (float)(1 / total));
        }

        return value / total;
    }

    private static double WeightOf(ReadOnlySpan<long> labels, float[] classWeights)
    {
        double total = 0;
        foreach (long label in labels)
            total += classWeights[label];
        return total;
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> values, float scale)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + scale * new Vector<float>(values[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += scale * values[i];
    }

    /// <summary>Class probabilities, row-major N × classes, and features N × F.</summary>
    public (float[] Probabilities, float[] Features) Predict(float[] weights, ImageSet set)
    {
        using var quiet = no_grad();
        var probabilities = new List<float>();
        var features = new List<float>();
        int area = set.Height * set.Width;
        foreach (var (at, n) in Parts(set.Count, area))
        {
            _stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var parameters = Views(tensor(weights, device: _device));
            var x = tensor(set.Pixels.AsSpan(at * area, n * area).ToArray(), [n, 1, set.Height, set.Width], device: _device);
            var hidden = _architecture.Features(parameters, x);
            features.AddRange(Floats(hidden));
            probabilities.AddRange(Floats(_architecture.Head(parameters, hidden).softmax(1)));
        }

        return ([.. probabilities], [.. features]);
    }

    /// <summary>Even parts: none is a single image, for which libtorch would look for a slower convolution.</summary>
    private IEnumerable<(int Start, int Count)> Parts(int count, int area)
    {
        int most = _device.type == DeviceType.CPU ? Math.Max(PartPixels / area, SmallestPart) : Math.Max(count, 1);
        int parts = (count + most - 1) / most;
        for (int i = 0; i < parts; i++)
        {
            int start = (int)((long)count * i / parts);
            yield return (start, (int)((long)count * (i + 1) / parts) - start);
        }
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
