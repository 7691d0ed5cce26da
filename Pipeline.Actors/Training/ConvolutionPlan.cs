using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// What the convolutional architectures share: bias-free convolutions each with a GroupNorm (Wu and He 2018), which keeps no running statistics and so
/// averages across sites, and a linear head. An architecture adds its layers in the order in which its pass takes them.
/// </summary>
internal sealed class ConvolutionPlan
{
    /// <summary>Convolution weights stay far below 2^7, so 22 fraction bits leave room for the server's momentum.</summary>
    public const int FractionBits = 22;

    /// <summary>
    /// Channels come in blocks of these. With a part of one, oneDNN's AVX-512 kernels read what the allocator left behind the last channel, and a NaN there
    /// becomes a NaN of the network.
    /// </summary>
    public const int ChannelBlock = 16;

    private readonly List<TensorLayout> _tensors = [];

    /// <summary>A convolution of <paramref name="outputs"/> × <paramref name="inputs"/> × k × k and a norm over <paramref name="normalized"/> channels.</summary>
    /// <exception cref="ArgumentException">A number of channels is neither 1 nor a multiple of <see cref="ChannelBlock"/>.</exception>
    public ConvolutionPlan Add(string name, int inputs, int outputs, int kernel, int? normalized = null)
    {
        if ((inputs != 1 && inputs % ChannelBlock != 0) || outputs % ChannelBlock != 0)
            throw new ArgumentException($"'{name}' takes {inputs} channels to {outputs}: must be multiples of {ChannelBlock}, or one image channel", nameof(name));
        _tensors.Add(new TensorLayout(name + ".weight", [outputs, inputs, kernel, kernel], ParameterRole.Backbone, FractionBits));
        _tensors.Add(new TensorLayout(name + ".norm.weight", [normalized ?? outputs], ParameterRole.Norm, FractionBits));
        _tensors.Add(new TensorLayout(name + ".norm.bias", [normalized ?? outputs], ParameterRole.Norm, FractionBits));
        return this;
    }

    public ModelLayout Build(int features, int classes) => new(
    [
        .. _tensors, new TensorLayout("head.weight", [classes, features], ParameterRole.Head, FractionBits),
        new TensorLayout("head.bias", [classes], ParameterRole.Head, FractionBits),
    ]);

    /// <summary>He et al. 2015 for convolutions, ones and zeros for norms, nearly nothing for the head.</summary>
    /// <param name="last">Whether a norm ends a residual block, which then starts as nearly the identity (Goyal et al. 2017).</param>
    public static float[] Initialize(ModelLayout layout, ulong seed, Func<string, bool> last)
    {
        var random = new SeededRandom(seed);
        var values = new float[layout.Length];
        for (int t = 0; t < layout.Tensors.Count; t++)
        {
            var tensor = layout.Tensors[t];
            var slice = values.AsSpan(layout.Offsets[t], tensor.Length);
            if (tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal))
            {
                slice.Fill(last(tensor.Name) ? 0.2f : 1f);
                continue;
            }

            if (tensor.Shape.Count < 2)
                continue;
            int fanIn = tensor.Length / tensor.Shape[0];
            double deviation = tensor.Role == ParameterRole.Head ? 0.01 : Math.Sqrt(2.0 / fanIn);
            foreach (ref float value in slice)
                value = (float)(deviation * random.NextGaussian());
        }

        return values;
    }

    /// <summary>Average and maximum over space, summed: small lesions survive the maximum. N × C × H × W to N × C.</summary>
    public static Tensor Pool(Tensor x, Scalar one)
    {
        long[] space = [2, 3];
        return x.mean(space).add(x.amax(space), one);
    }

    public static Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => F.linear(features, parameters[^2], parameters[^1]);

    /// <summary>Takes a plan's layers one after the other.</summary>
    public sealed class Pass(IReadOnlyList<Tensor> parameters, int groups)
    {
        private int _next;

        /// <summary>Convolution, then norm.</summary>
        public Tensor Next(Tensor x, int stride = 1, int padding = 1)
        {
            int at = Take();
            var y = F.conv2d(x, parameters[at], null, [stride, stride], [padding, padding]);
            return F.group_norm(y, groups, parameters[at + 1], parameters[at + 2]);
        }

        /// <summary>Norm and rectifier, then convolution (He et al. 2016, pre-activation).</summary>
        public Tensor NextActivated(Tensor x, int padding = 1)
        {
            int at = Take();
            return F.conv2d(F.relu(F.group_norm(x, groups, parameters[at + 1], parameters[at + 2])), parameters[at], null, [1, 1], [padding, padding]);
        }

        private int Take()
        {
            int at = _next;
            _next += 3;
            return at;
        }
    }
}
