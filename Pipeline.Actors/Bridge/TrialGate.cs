using System.Globalization;
using Pipeline.Actors.Training;

namespace Pipeline.Actors.Bridge;

/// <summary>
/// Which branch of a trial is better here, and by how much? Both models were trained by the whole chain for as many rounds, so nothing is left but to compare them on
/// images that no branch was trained on. A site holds out one patient or two and cannot bound what is chance; how much n−f sites say together can.
/// docs/decisions/0070.
/// </summary>
public sealed class TrialGate(int classes)
{
    /// <summary>Images of each class below which nothing can be told.</summary>
    public const int MinimumPerClass = 2;

    /// <param name="own">Class probabilities of the branch without the offered backbone, N × classes, row-major.</param>
    /// <param name="offered">Of the branch with it, on the same images.</param>
    /// <exception cref="ArgumentException">There are too few images (<see cref="Shortage"/>).</exception>
    public GateDecision Judge(float[] own, float[] offered, int[] labels)
    {
        if (Shortage(labels) is { } shortage)
            throw new ArgumentException(shortage, nameof(labels));
        double before = RocCurve.MacroArea(own, labels, classes), after = RocCurve.MacroArea(offered, labels, classes);
        string reason = string.Create(
            CultureInfo.InvariantCulture, $"AUC {after:F3} with the backbone and {before:F3} without it, on {labels.Length} held-out images");
        return new GateDecision(after > before, reason, double.NaN, double.NaN, after - before, double.NaN);
    }

    /// <summary>Why nothing can be told by these images; null when it can.</summary>
    /// <param name="labels">Of the held-out images.</param>
    public string? Shortage(int[] labels) => Enumerable.Range(0, classes).Any(c => labels.Count(label => label == c) < MinimumPerClass)
        ? $"fewer than {MinimumPerClass} held-out images of a class here: too little to compare two models by"
        : null;
}
