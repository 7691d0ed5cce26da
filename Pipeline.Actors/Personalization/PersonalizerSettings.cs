namespace Pipeline.Actors.Personalization;

/// <param name="Folds">Folds of the site's patients.</param>
/// <param name="Steps">Fine-tuning steps of each candidate.</param>
/// <param name="RateFactor">Fine-tuning rate as a share of the chain's.</param>
/// <param name="Pull">μ of Ditto's pull towards the global model.</param>
/// <param name="Neighbours">k of kNN-Per.</param>
/// <param name="NeighbourShare">λ of kNN-Per.</param>
/// <param name="LocalShare">α of the interpolation w = α·local + (1 − α)·global.</param>
/// <param name="Confidence">With which a candidate must beat the fall-back.</param>
/// <param name="Margin">Loss (nats) that the gain's lower bound must exceed.</param>
/// <param name="RankTolerance">Macro AUC by which a candidate may rank worse, at the lower end of the interval.</param>
/// <param name="MinimumPerClass">Validation images of each class below which the global model stays.</param>
/// <param name="MinimumForBias">Validation images of each class below which the head's bias is not shifted.</param>
public sealed record PersonalizerSettings(
    int Folds = 3, int Steps = 40, double RateFactor = 0.1, double Pull = 1, int Neighbours = 10, float NeighbourShare = 0.3f, float LocalShare = 0.3f,
    double Confidence = 0.9, double Margin = 0, double RankTolerance = 0.01, int MinimumPerClass = 2, int MinimumForBias = 5);
