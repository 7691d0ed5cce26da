namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// Whether sharing a site's steps saves time. A step of B images alone takes B·t, with the largest of its parts being P images P·t + x; so it is shared where
/// (B − P)·t &gt; x. t (an image's gradient) and x (weights there, gradients back, and whatever a slower node takes longer) are moving averages
/// over rounds of each round's median. x is not known before sharing was tried, so it is tried then, and again after a while.
/// </summary>
public sealed class SharingPace
{
    /// <summary>Rounds after which sharing that did not pay is tried again: images, networks and neighbours change.</summary>
    public const int TryAgainAfter = 50;

    /// <summary>Weight of the newest round.</summary>
    private const double Newest = 0.5;

    private string _nodes = "";
    private int _alone;

    /// <summary>t: seconds of an image's gradient here; null before the first round.</summary>
    public double? Image { get; private set; }

    /// <summary>x: seconds that sharing a step costs; null before it was tried with the nodes of the last round.</summary>
    public double? Exchange { get; private set; }

    /// <param name="batch">B, images.</param>
    /// <param name="largest">P, images.</param>
    /// <param name="nodes">Who would share; with others than before nothing is known.</param>
    public bool IsWorth(int batch, int largest, IEnumerable<string> nodes)
    {
        string named = string.Join(' ', nodes);
        if (named != _nodes)
            (_nodes, Exchange) = (named, null);
        return largest < batch && (Exchange is not { } exchange || _alone >= TryAgainAfter || (batch - largest) * Image > exchange);
    }

    /// <summary>Takes up the steps of a round.</summary>
    public void Take(IReadOnlyCollection<StepTime> steps)
    {
        if (steps.Count == 0)
            return;
        double image = Median(steps.Select(step => step.Computing.TotalSeconds / step.Own));
        Image = Average(Image, image);
        var shared = steps.Where(step => step.Shared).ToArray();
        _alone = shared.Length > 0 ? 0 : _alone + 1;
        if (shared.Length > 0)
            Exchange = Average(Exchange, Median(shared.Select(step => Math.Max(0, step.Whole.TotalSeconds - (step.Computing.TotalSeconds / step.Own * step.Largest)))));
    }

    private static double Average(double? before, double now) => before is { } value ? value + (Newest * (now - value)) : now;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
