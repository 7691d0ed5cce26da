using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Attacks;

/// <summary>
/// A network whose gradients are known to give images away (after Zhu, Liu and Han 2019): smooth activations, no norm, no pooling, a head that sees every place
/// of the picture. Attacks must succeed on it or they are broken; no chain trains it.
/// </summary>
public sealed class LeNet : IArchitecture
{
    private const int Channels = 16, Kernel = 5, FractionBits = 22;

    public string Id => "lenet";

    public ModelLayout Layout(TaskDescriptor task) => new(
    [
        new TensorLayout("conv1.weight", [Channels, 1, Kernel, Kernel], ParameterRole.Backbone, FractionBits),
        new TensorLayout("conv1.bias", [Channels], ParameterRole.Norm, FractionBits),
        new TensorLayout("conv2.weight", [Channels, Channels, Kernel, Kernel], ParameterRole.Backbone, FractionBits),
        new TensorLayout("conv2.bias", [Channels], ParameterRole.Norm, FractionBits),
        new TensorLayout("head.weight", [task.Classes.Count, Channels * (task.Height / 4) * (task.Width / 4)], ParameterRole.Head, FractionBits),
        new TensorLayout("head.bias", [task.Classes.Count], ParameterRole.Head, FractionBits),
    ]);

    /// <summary>Normal with variance 1 / fan-in; biases zero.</summary>
    public float[] Initialize(ModelLayout layout, ulong seed)
    {
        var random = new SeededRandom(seed);
        var values = new float[layout.Length];
        for (int t = 0; t < layout.Tensors.Count; t++)
        {
            var tensor = layout.Tensors[t];
            if (tensor.Shape.Count < 2)
                continue;
            double deviation = Math.Sqrt((double)tensor.Shape[0] / tensor.Length);
            foreach (ref float value in values.AsSpan(layout.Offsets[t], tensor.Length))
                value = (float)(deviation * random.NextGaussian());
        }

        return values;
    }

    /// <inheritdoc/>
    /// <remarks>Height and width are multiples of 4.</remarks>
    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var x = tanh(F.conv2d(images, parameters[0], parameters[1], [2, 2], [2, 2]));
        return tanh(F.conv2d(x, parameters[2], parameters[3], [2, 2], [2, 2])).flatten(1);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => F.linear(features, parameters[^2], parameters[^1]);
}
