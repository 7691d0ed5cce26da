namespace Pipeline.Ledger.Rounds;

/// <summary>Which coordinates of the backbone an update carries (Shokri and Shmatikov 2015).</summary>
public enum UpdateSelection
{
    /// <summary>Those of the largest magnitude.</summary>
    Largest = 0,

    /// <summary>
    /// At random among those above a threshold, which is set so that <see cref="UpdatePolicy.ThresholdFactor"/> times as many are above it as are sent: an
    /// update then tells less of which changes were largest.
    /// </summary>
    RandomThreshold = 1,

    /// <summary>
    /// The round's share of a permutation that all members know (<see cref="RotatingSelection"/>): each coordinate of an update has a witness at every other
    /// site, and positions cost no bytes.
    /// </summary>
    Rotating = 2,

    /// <summary>
    /// Each tensor's largest, as many of each as its share of the backbone (<see cref="TensorQuotas"/>): a layer whose changes are small is not left behind by
    /// others, as the layers of Deep Gradient Compression are not (Lin et al. 2018).
    /// </summary>
    LargestOfTensor = 3,
}
