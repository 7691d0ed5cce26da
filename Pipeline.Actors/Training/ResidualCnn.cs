using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// A residual network (He et al. 2016) for one-channel images of 32 to 64 pixels: a strided stem, then stages of one residual block each at half the resolution
/// of the stage before. Nearly all parameters work at low resolution, where they are cheap.
/// </summary>
public sealed class ResidualCnn : IArchitecture
{
    private const int Stem = 16, Groups = 8;

    // TorchSharp's x + y makes a temporary Scalar whose finalizer may run during the native call; this one outlives every call.
    private readonly Scalar _one = 1.0f;
    private readonly int[] _stages;

    /// <param name="stages">Channels of each stage.</param>
    private ResidualCnn(string id, params int[] stages)
    {
        Id = id;
        _stages = stages;
    }

    /// <summary>116 k parameters.</summary>
    public static ResidualCnn Small => new("residual-cnn-small", 32, 64);

    /// <summary>1.1 M parameters, at four times the computing.</summary>
    public static ResidualCnn Medium => new("residual-cnn-medium", 48, 96, 192);

    public string Id { get; }

    public ModelLayout Layout(TaskDescriptor task)
    {
        var plan = new ConvolutionPlan().Add("stem", 1, Stem, 5);
        int inputs = Stem;
        for (int stage = 1; stage <= _stages.Length; stage++)
        {
            int outputs = _stages[stage - 1];
            plan.Add($"down{stage}", inputs, outputs, 3).Add($"block{stage}.conv1", outputs, outputs, 3).Add($"block{stage}.conv2", outputs, outputs, 3);
            inputs = outputs;
        }

        return plan.Build(inputs, task.Classes.Count);
    }

    public float[] Initialize(ModelLayout layout, ulong seed) =>
        ConvolutionPlan.Initialize(layout, seed, name => name.Contains("conv2", StringComparison.Ordinal));

    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var pass = new ConvolutionPlan.Pass(parameters, Groups);
        var x = F.relu(pass.Next(images, 2, padding: 2));
        for (int stage = 0; stage < _stages.Length; stage++)
        {
            x = F.relu(pass.Next(x, 2));
            x = F.relu(x.add(pass.Next(F.relu(pass.Next(x))), _one));
        }

        return ConvolutionPlan.Pool(x, _one);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => ConvolutionPlan.Head(parameters, features);
}
