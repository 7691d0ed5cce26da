namespace Pipeline.Host.Site;

/// <summary>How eagerly a site trains; may change while it runs.</summary>
/// <param name="RetryInterval">A site without enough data looks again after this long.</param>
/// <param name="Paused">It begins no update.</param>
public sealed record TrainingPace(TimeSpan RetryInterval, bool Paused = false)
{
    /// <summary>For sites that have no configuration.</summary>
    public static TrainingPace Default { get; } = new(TimeSpan.FromSeconds(5));
}
