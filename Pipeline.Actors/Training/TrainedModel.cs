using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// A model that predicts: weights, and what some personal models have beside them: a second set of weights whose predictions are mixed in, or the site's
/// own training features with their labels (kNN-Per, Marfoq et al. 2022).
/// </summary>
/// <param name="Kind">For instance <c>global</c>, <c>norms-and-head</c>, <c>knn</c>, <c>ensemble</c>.</param>
/// <param name="Weights">In layout order.</param>
public sealed record TrainedModel(string Kind, float[] Weights)
{
    /// <summary>Weights of the model whose predictions are mixed in; null for none.</summary>
    public float[]? Second { get; init; }

    /// <summary>M × F features of training images, row-major; null for none.</summary>
    public float[]? Memory { get; init; }

    /// <summary>M labels of <see cref="Memory"/>.</summary>
    public int[]? MemoryLabels { get; init; }

    /// <summary>k of <see cref="Memory"/>'s neighbours.</summary>
    public int Neighbours { get; init; }

    /// <summary>Share of what is mixed in, 0 … 1.</summary>
    public float Share { get; init; }

    /// <summary>Class probabilities, N × classes, row-major.</summary>
    public float[] Predict(TrainingNetwork network, ImageSet images, int classes)
    {
        var (probabilities, features) = network.Predict(Weights, images);
        if (images.Count == 0)
            return probabilities;
        if (Second is not null)
            return Mix(probabilities, network.Predict(Second, images).Probabilities, Share);
        return Memory is null
            ? probabilities
            : Mix(probabilities, NearestNeighbours.Predict(Memory, MemoryLabels!, features, classes, Neighbours), Share);
    }

    /// <summary>(1 − share)·first + share·second.</summary>
    public static float[] Mix(float[] first, float[] second, float share)
    {
        var mixed = new float[first.Length];
        for (int i = 0; i < mixed.Length; i++)
            mixed[i] = (1 - share) * first[i] + share * second[i];
        return mixed;
    }
}
