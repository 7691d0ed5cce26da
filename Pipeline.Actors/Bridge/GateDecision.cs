namespace Pipeline.Actors.Bridge;

/// <summary>A site's verdict on an offered backbone: of the do-no-harm gate, of its screen, or on a trial. Only <see cref="Accept"/> may leave the site; of a trial only <see cref="Gain"/>, in steps of five points.</summary>
/// <param name="Accept">The offered backbone helped on the site's own held-out data, as surely as the site has to be; of a screen, that it may help; of a trial, that it gained.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="ProbeOwn">AUC of the kNN probe on the chain's own features, all folds pooled; NaN when not run. The verdict compares fold by fold.</param>
/// <param name="ProbeOffered">AUC of the kNN probe on the offered features, likewise.</param>
/// <param name="Gain">Held-out AUC gained by the better fork, or by a trial's branch with the backbone, over the own one; NaN when not run.</param>
/// <param name="GainLowerBound">Lower end of the paired bootstrap's one-sided interval of <paramref name="Gain"/>; NaN when not run, no finite number where the patients cannot tell.</param>
public sealed record GateDecision(bool Accept, string Reason, double ProbeOwn, double ProbeOffered, double Gain, double GainLowerBound);
