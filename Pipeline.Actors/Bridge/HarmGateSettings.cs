namespace Pipeline.Actors.Bridge;

/// <param name="Folds">Cross-validation folds of the fork race.</param>
/// <param name="Steps">Optimizer steps of each fork in each fold.</param>
/// <param name="Neighbours">k of the probe.</param>
/// <param name="ProbeTolerance">AUC by which the offered features may probe worse and still race.</param>
/// <param name="Confidence">Of the gain's lower bound.</param>
/// <param name="MaxNormRatio">Largest ratio between the two backbones' L2 norms.</param>
/// <param name="MinimumPerClass">Images of each class below which the site abstains.</param>
public sealed record HarmGateSettings(
    int Folds = 3, int Steps = 20, int Neighbours = 20, double ProbeTolerance = 0.10, double Confidence = 0.95, double MaxNormRatio = 10,
    int MinimumPerClass = 4);
