namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// Whether sharing a site's steps saves time. A step of B images alone takes B·t, with the largest of its parts being P images P·t + x; so it is shared where
/// (B − P)·t &gt; x. t (an image's gradient, of steps alone) and x (weights there, gradients back, and whatever a slower node takes longer) are moving averages
/// over rounds of each round's median. The first round is computed alone and the second shared, so that both are known, and of either the other is tried again
/// after a while.
/// </summary>
public sealed class SharingPace
{
    /// <summary>Rounds of one kind after which one of the other is tried: images, networks and neighbours change.</summary>
    public const int TryAgainAfter = 50;

    /// <summary>Weight of the newest round.</summary>
    private const double Newest = 0.5;

    private string _nodes = "";
    private int _alike;
    private bool _shared;

    /// <summary>t: seconds of an image's gradient here; null before a round alone.</summary>
    public double? Image { get; private set; }

    /// <summary>x: seconds that sharing a step costs; null before it was tried with the nodes of the last round.</summary>
    public double? Exchange { get; private set; }

    /// <param name="batch">B, images.</param>
    /// <param name="largest">P, images.</param>
    /// <param name="nodes">Who would share; with others than before x is not known.</param>
    public bool IsWorth(int batch, int largest, IEnumerable<string> nodes)
    {
        string named = string.Join(' ', nodes);
        if (named != _nodes)
            (_nodes, Exchange) = (named, null);
        if (largest >= batch || Image is not { } image)
            return false;
        if (Exchange is not { } exchange)
            return true;
        return _alike >= TryAgainAfter ? !_shared : (batch - largest) * image > exchange;
    }

    /// <summary>Takes up the steps of a round.</summary>
    public void Take(IReadOnlyCollection<StepTime> steps)
    {
        StepTime[] shared = [.. steps.Where(step => step.Parts > 1)], alone = [.. steps.Where(step => step.Parts == 1)];
        if (alone.Length > 0)
            Image = Average(Image, Median(alone.Select(step => step.Time.TotalSeconds / step.Batch)));
        if (shared.Length > 0 && Image is { } image)
            Exchange = Average(Exchange, Median(shared.Select(step => Math.Max(0, step.Time.TotalSeconds - (step.Largest * image)))));
        _alike = _shared == shared.Length > 0 ? _alike + 1 : 1;
        _shared = shared.Length > 0;
    }

    private static double Average(double? before, double now) => before is { } value ? value + (Newest * (now - value)) : now;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
