namespace Pipeline.Actors.Personalization;

/// <param name="Folds">Folds of the validation patients.</param>
/// <param name="Steps">Fine-tuning steps of each candidate.</param>
/// <param name="RateFactor">Fine-tuning rate as a share of the chain's.</param>
/// <param name="Neighbours">k of kNN-Per.</param>
/// <param name="NeighbourShare">λ of kNN-Per.</param>
/// <param name="Confidence">With which a candidate must beat the fall-back.</param>
/// <param name="Margin">AUC that the lower bound must exceed.</param>
public sealed record PersonalizerSettings(
    int Folds = 3, int Steps = 24, double RateFactor = 0.1, int Neighbours = 10, float NeighbourShare = 0.3f, double Confidence = 0.975,
    double Margin = 0);
