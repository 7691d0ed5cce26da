using System.Globalization;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Actors.Bridge;

/// <summary>
/// Which branch of a trial is better here? Both models were trained by the whole chain for as many rounds, so nothing is left but to compare them on images
/// that no branch was trained on. Patients are resampled where there are <see cref="LeastPatients"/> of them, and images where there are fewer: many sites hold out
/// one patient or two, and clustering by those leaves no interval at all. Images of one patient resemble each other, so the bound is then too hopeful; that n−f sites
/// have to agree guards against it.
/// </summary>
/// <param name="confidence">Of this site alone; see <see cref="GateQuorum.SiteConfidence"/>.</param>
public sealed class TrialGate(int classes, double confidence)
{
    /// <summary>Images of each class below which nothing can be told.</summary>
    public const int MinimumPerClass = 2;

    /// <summary>Patients from which on they are resampled, and not their images.</summary>
    public const int LeastPatients = 5;

    /// <param name="own">Class probabilities of the branch without the offered backbone, N × classes, row-major.</param>
    /// <param name="offered">Of the branch with it, on the same images.</param>
    /// <param name="patients">Of each image.</param>
    /// <exception cref="ArgumentException">There are too few images (<see cref="Shortage"/>).</exception>
    public GateDecision Judge(float[] own, float[] offered, int[] labels, IReadOnlyList<string> patients, Digest seed)
    {
        if (Shortage(labels) is { } shortage)
            throw new ArgumentException(shortage, nameof(labels));
        bool clustered = patients.Distinct().Take(LeastPatients).Count() == LeastPatients;
        IReadOnlyList<string> units = clustered ? patients : [.. Enumerable.Range(0, labels.Length).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        var (gain, bound) = PairedBootstrap.MacroAreaGain(offered, own, labels, units, classes, confidence, SeededRandom.Derive(seed, "trial/bootstrap"));
        bool accept = bound > 0;
        string of = $"{labels.Length} held-out images, {(clustered ? "patients" : "images")} resampled";
        string reason = accept
            ? $"the branch with the backbone gains {gain:F3} AUC on {of}, at least {bound:F3}"
            : $"the branch with the backbone does not gain for certain: {gain:F3} AUC on {of}, lower bound {bound:F3}";
        return new GateDecision(accept, reason, double.NaN, double.NaN, gain, bound);
    }

    /// <summary>Why nothing can be told by these images; null when it can.</summary>
    /// <param name="labels">Of the held-out images.</param>
    public string? Shortage(int[] labels) => Enumerable.Range(0, classes).Any(c => labels.Count(label => label == c) < MinimumPerClass)
        ? $"fewer than {MinimumPerClass} held-out images of a class here: too little to compare two models by"
        : null;
}
