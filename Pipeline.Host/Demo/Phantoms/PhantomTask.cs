namespace Pipeline.Host.Demo.Phantoms;

/// <summary>Which finding a chain learns to see.</summary>
public enum PhantomFinding
{
    /// <summary>Ragged opacities of any size (consolidation).</summary>
    Opacity,

    /// <summary>One small round nodule.</summary>
    Nodule,
}

/// <summary>How a finding is drawn. Contrast and size are drawn per image between the bounds, so difficulty is graded.</summary>
/// <param name="MinContrast">Faintest finding, share of full scale.</param>
/// <param name="MaxContrast">Clearest.</param>
/// <param name="MinRadius">Smallest, half image widths.</param>
/// <param name="MaxRadius">Largest.</param>
public sealed record PhantomTask(PhantomFinding Finding, double MinContrast, double MaxContrast, double MinRadius, double MaxRadius)
{
    public static PhantomTask Opacity { get; } = new(PhantomFinding.Opacity, 0.17, 0.37, 0.09, 0.20);

    public static PhantomTask Nodule { get; } = new(PhantomFinding.Nodule, 0.20, 0.36, 0.08, 0.12);
}
