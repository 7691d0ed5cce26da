using Pipeline.Actors.Training;

namespace Pipeline.Actors.Personalization;

/// <summary>A site's own final model and how it was chosen. The test metrics were computed once, after the choice.</summary>
/// <param name="Chosen">Name of the chosen candidate, for instance <c>global</c>, <c>head-only</c>, <c>knn</c>.</param>
/// <param name="Candidates">Cross-validated AUC by candidate.</param>
/// <param name="Local">The site's local-only model on its test split.</param>
/// <param name="Collaborative">The chain's global model on the same.</param>
/// <param name="Personalized">The chosen one on the same.</param>
public sealed record PersonalizationResult(
    string Chosen, IReadOnlyList<CandidateScore> Candidates, ModelScore Local, ModelScore Collaborative, ModelScore Personalized);

/// <param name="ValidationAuc">Pooled over the folds of the site's own patients.</param>
/// <param name="MarginLowerBound">Paired-bootstrap lower bound of the gain over the fall-back.</param>
public sealed record CandidateScore(string Name, double ValidationAuc, double MarginLowerBound);
