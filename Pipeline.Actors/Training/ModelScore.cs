namespace Pipeline.Actors.Training;

/// <summary>How a model did on a set of samples.</summary>
/// <param name="Auc">Macro area under the ROC curve over the classes that occur, one against the rest; NaN when fewer than two occur.</param>
/// <param name="BalancedAccuracy">Mean recall of the classes that occur; NaN for an empty set.</param>
/// <param name="Samples">Images.</param>
public sealed record ModelScore(double Auc, double BalancedAccuracy, int Samples);
