using Pipeline.Ledger.Rounds;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Pipeline.Actors.Training;

/// <summary>
/// ResNet-18 (He et al. 2016) for one channel, GroupNorm in place of BatchNorm, a 3 × 3 stem of stride 2 without pooling for images of 64 to 256 pixels: four
/// stages of two residual blocks, the width doubling and the resolution halving. Width 64 has 11.2 M parameters, width 32 has 2.8 M, width 16 has 0.7 M.
/// </summary>
public sealed class ResNet18 : IArchitecture
{
    private const int Stages = 4, Blocks = 2;

    // TorchSharp's x + y makes a temporary Scalar whose finalizer may run during the native call; this one outlives every call.
    private readonly Scalar _one = 1.0f;
    private readonly int _width;
    private readonly int _groups;

    /// <param name="width">Channels of the first stage, a multiple of <paramref name="groups"/>.</param>
    public ResNet18(string id, int width, int groups)
    {
        Id = id;
        _width = width;
        _groups = groups;
    }

    public string Id { get; }

    public ModelLayout Layout(TaskDescriptor task)
    {
        var plan = new ConvolutionPlan().Add("stem", 1, _width, 3);
        int inputs = _width;
        foreach (var (stage, block, outputs) in Shape())
        {
            string name = $"stage{stage}.block{block}";
            plan.Add($"{name}.conv1", inputs, outputs, 3).Add($"{name}.conv2", outputs, outputs, 3);
            if (inputs != outputs)
                plan.Add($"{name}.shortcut", inputs, outputs, 1);
            inputs = outputs;
        }

        return plan.Build(inputs, task.Classes.Count);
    }

    public float[] Initialize(ModelLayout layout, ulong seed) =>
        ConvolutionPlan.Initialize(layout, seed, name => name.Contains("conv2", StringComparison.Ordinal));

    public Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        var pass = new ConvolutionPlan.Pass(parameters, _groups);
        var x = F.relu(pass.Next(images, 2));
        int inputs = _width;
        foreach (var (_, _, outputs) in Shape())
        {
            int stride = inputs == outputs ? 1 : 2;
            var y = pass.Next(F.relu(pass.Next(x, stride)));
            x = F.relu(y.add(inputs == outputs ? x : pass.Next(x, stride, padding: 0), _one));
            inputs = outputs;
        }

        return ConvolutionPlan.Pool(x, _one);
    }

    public Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features) => ConvolutionPlan.Head(parameters, features);

    private IEnumerable<(int Stage, int Block, int Outputs)> Shape() =>
        from stage in Enumerable.Range(0, Stages)
        from block in Enumerable.Range(0, Blocks)
        select (stage, block, _width << stage);
}
