using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// A residual network (He et al. 2016) for one-channel images of 32 to 64 pixels, with GroupNorm (Wu and He 2018), which keeps no running
/// statistics and so averages across sites. A strided stem, then two stages of one residual block; nearly all parameters work at low
/// resolution, where they are cheap. Average and maximum pooling are summed: small lesions survive the maximum.
/// </summary>
public sealed class ResidualCnnSmall : IArchitecture
{
    private const int Stem = 16, Middle = 32, Deep = 64, Groups = 8;

    // Convolution weights stay far below 2^7, so 22 fraction bits leave room for the server's momentum.
    private const int FractionBits = 22;

    // TorchSharp's x + y makes a temporary Scalar whose finalizer may run during the native call; this one outlives every call.
    private readonly Scalar _one = 1.0f;

    public string Id => "residual-cnn-small";

    public ModelLayout Layout(TaskDescriptor task)
    {
        var tensors = new List<TensorLayout>();
        Convolution("stem", 1, Stem, 5);
        Convolution("down1", Stem, Middle, 3);
        Convolution("block1.conv1", Middle, Middle, 3);
        Convolution("block1.conv2", Middle, Middle, 3);
        Convolution("down2", Middle, Deep, 3);
        Convolution("block2.conv1", Deep, Deep, 3);
        Convolution("block2.conv2", Deep, Deep, 3);
        tensors.Add(new TensorLayout("head.weight", [task.Classes.Count, Deep], ParameterRole.Head, FractionBits));
        tensors.Add(new TensorLayout("head.bias", [task.Classes.Count], ParameterRole.Head, FractionBits));
        return new ModelLayout(tensors);

        void Convolution(string name, int inputs, int outputs, int kernel)
        {
            tensors.Add(new TensorLayout(name + ".weight", [outputs, inputs, kernel, kernel], ParameterRole.Backbone, FractionBits));
            tensors.Add(new TensorLayout(name + ".norm.weight", [outputs], ParameterRole.Norm, FractionBits));
            tensors.Add(new TensorLayout(name + ".norm.bias", [outputs], ParameterRole.Norm, FractionBits));
        }
    }

    public float[] Initialize(ModelLayout layout, ulong seed)
    {
        var random = new SeededRandom(seed);
        var values = new float[layout.Length];
        for (int t = 0; t < layout.Tensors.Count; t++)
        {
            var tensor = layout.Tensors[t];
            var slice = values.AsSpan(layout.Offsets[t], tensor.Length);
            if (tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal))
            {
                // A block starts as nearly the identity: its last norm is small (Goyal et al. 2017).
                slice.Fill(tensor.Name.Contains("conv2", StringComparison.Ordinal) ? 0.2f : 1f);
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

    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var x = F.relu(Norm(parameters, 0, images, 2, 2));
        x = F.relu(Norm(parameters, 1, x, 2, 1));
        x = F.relu(x.add(Norm(parameters, 3, F.relu(Norm(parameters, 2, x, 1, 1)), 1, 1), _one));
        x = F.relu(Norm(parameters, 4, x, 2, 1));
        x = F.relu(x.add(Norm(parameters, 6, F.relu(Norm(parameters, 5, x, 1, 1)), 1, 1), _one));
        long[] space = [2, 3];
        return x.mean(space).add(x.amax(space), _one);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => F.linear(features, parameters[^2], parameters[^1]);

    private static Tensor Norm(IReadOnlyList<Tensor> p, int convolution, Tensor x, int stride, int padding)
    {
        int at = 3 * convolution;
        var y = F.conv2d(x, p[at], null, [stride, stride], [padding, padding]);
        return F.group_norm(y, Groups, p[at + 1], p[at + 2]);
    }
}
