using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// A residual network (He et al. 2016) for one-channel images of 32 to 64 pixels. A strided stem, then two stages of one residual block; nearly all of
/// 116 k parameters work at low resolution, where they are cheap.
/// </summary>
public sealed class ResidualCnnSmall : IArchitecture
{
    private const int Stem = 16, Middle = 32, Deep = 64, Groups = 8;

    // TorchSharp's x + y makes a temporary Scalar whose finalizer may run during the native call; this one outlives every call.
    private readonly Scalar _one = 1.0f;

    public string Id => "residual-cnn-small";

    public ModelLayout Layout(TaskDescriptor task) => new ConvolutionPlan()
        .Add("stem", 1, Stem, 5)
        .Add("down1", Stem, Middle, 3).Add("block1.conv1", Middle, Middle, 3).Add("block1.conv2", Middle, Middle, 3)
        .Add("down2", Middle, Deep, 3).Add("block2.conv1", Deep, Deep, 3).Add("block2.conv2", Deep, Deep, 3)
        .Build(Deep, task.Classes.Count);

    public float[] Initialize(ModelLayout layout, ulong seed) =>
        ConvolutionPlan.Initialize(layout, seed, name => name.Contains("conv2", StringComparison.Ordinal));

    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var pass = new ConvolutionPlan.Pass(parameters, Groups);
        var x = F.relu(pass.Next(images, 2, padding: 2));
        for (int stage = 0; stage < 2; stage++)
        {
            x = F.relu(pass.Next(x, 2));
            x = F.relu(x.add(pass.Next(F.relu(pass.Next(x))), _one));
        }

        return ConvolutionPlan.Pool(x, _one);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => ConvolutionPlan.Head(parameters, features);
}
