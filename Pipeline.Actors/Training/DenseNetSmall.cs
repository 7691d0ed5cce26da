using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// A small DenseNet (Huang et al. 2017) for one channel with GroupNorm: every layer sees the features of all layers before it in its block, so that 67 k
/// parameters go far. Three blocks of three layers, growth 16, transitions that halve channels and resolution.
/// </summary>
public sealed class DenseNetSmall : IArchitecture
{
    private const int Stem = 32, Growth = 16, Blocks = 3, Layers = 3, Groups = 8;

    private readonly Scalar _one = 1.0f;

    public string Id => "densenet-small";

    public ModelLayout Layout(TaskDescriptor task)
    {
        var plan = new ConvolutionPlan().Add("stem", 1, Stem, 5);
        int channels = Stem;
        for (int block = 0; block < Blocks; block++)
        {
            for (int layer = 0; layer < Layers; layer++, channels += Growth)
                plan.Add($"block{block}.layer{layer}", channels, Growth, 3, channels);
            if (block == Blocks - 1)
                break;
            plan.Add($"transition{block}", channels, Half(channels), 1, channels);
            channels = Half(channels);
        }

        return plan.Build(channels, task.Classes.Count);
    }

    public float[] Initialize(ModelLayout layout, ulong seed) => ConvolutionPlan.Initialize(layout, seed, _ => false);

    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var pass = new ConvolutionPlan.Pass(parameters, Groups);
        var x = F.relu(pass.Next(images, 2, padding: 2));
        for (int block = 0; block < Blocks; block++)
        {
            for (int layer = 0; layer < Layers; layer++)
                x = cat([x, pass.NextActivated(x)], 1);
            if (block < Blocks - 1)
                x = F.avg_pool2d(pass.NextActivated(x, padding: 0), 2);
        }

        return ConvolutionPlan.Pool(F.relu(x), _one);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => ConvolutionPlan.Head(parameters, features);

    /// <summary>Half of the channels, in whole blocks.</summary>
    private static int Half(int channels) => channels / 2 / ConvolutionPlan.ChannelBlock * ConvolutionPlan.ChannelBlock;
}
