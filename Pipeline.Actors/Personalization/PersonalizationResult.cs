using Pipeline.Actors.Training;

namespace Pipeline.Actors.Personalization;

/// <summary>A site's own final model and how it was chosen. The test metrics were computed once, after the choice.</summary>
/// <param name="Chosen">Name of the chosen candidate, for instance <c>global</c>, <c>norms-and-head</c>, <c>knn</c>.</param>
/// <param name="Candidates">What each was judged by.</param>
/// <param name="Local">The site's local-only model on its test split.</param>
/// <param name="Collaborative">The chain's global model on the same.</param>
/// <param name="Personalized">The chosen one on the same.</param>
public sealed record PersonalizationResult(
    string Chosen, IReadOnlyList<CandidateScore> Candidates, ModelScore Local, ModelScore Collaborative, ModelScore Personalized)
{
    /// <summary>The chosen model; never leaves the site.</summary>
    public required TrainedModel Model { get; init; }
}

/// <param name="Loss">Class-balanced cross-entropy (nats) on patients that the candidate was not fitted to.</param>
/// <param name="MarginLowerBound">Paired-bootstrap lower bound of the loss it saves over the fall-back.</param>
public sealed record CandidateScore(string Name, double Loss, double MarginLowerBound);
