using Pipeline.Ledger.Rounds;
using static TorchSharp.torch;

namespace Pipeline.Actors.Training;

/// <summary>A network as a pure function of its parameters: nothing is hidden in modules, so a model is one flat vector.</summary>
public interface IArchitecture
{
    /// <summary>What a task descriptor names it by.</summary>
    string Id { get; }

    /// <summary>Order, shapes, roles and scales of the parameters for a task.</summary>
    ModelLayout Layout(TaskDescriptor task);

    /// <summary>Seeded first weights, in layout order.</summary>
    float[] Initialize(ModelLayout layout, ulong seed);

    /// <param name="parameters">One tensor for each of the layout's, in order.</param>
    /// <param name="images">N × 1 × H × W, standardized.</param>
    /// <returns>N × F: what the head sees.</returns>
    Tensor Features(IReadOnlyList<Tensor> parameters, Tensor images);

    /// <param name="features">N × F.</param>
    /// <returns>Logits, N × classes.</returns>
    Tensor Head(IReadOnlyList<Tensor> parameters, Tensor features);
}
