namespace Pipeline.Actors.Bridge;

/// <param name="Folds">Cross-validation folds of the fork race.</param>
/// <param name="FirstSteps">Optimizer steps of every fork in each fold, before the weaker offered fork is dropped.</param>
/// <param name="FinalSteps">Further steps of the two that are left.</param>
/// <param name="Neighbours">k of the probe; a quarter of the images where that is less.</param>
/// <param name="ProbeConfidence">With which the offered features must probe worse to be kept from the race, or from a trial.</param>
/// <param name="Confidence">Of the gain's lower bound at this site; see <see cref="GateQuorum"/>.</param>
/// <param name="MaxNormRatio">Largest ratio between the two backbones' L2 norms.</param>
/// <param name="MinimumPerClass">Images of each class below which nothing is judged: the site waits with its vote.</param>
public sealed record HarmGateSettings(
    int Folds = 2, int FirstSteps = 10, int FinalSteps = 15, int Neighbours = 20, double ProbeConfidence = 0.95, double Confidence = 0.95,
    double MaxNormRatio = 10, int MinimumPerClass = 4)
{
    /// <summary>Optimizer steps of one judgement: three forks, then two.</summary>
    public int Steps => Folds * (3 * FirstSteps + 2 * FinalSteps);
}
