using System.Globalization;

namespace Pipeline.Host.Configuration;

/// <summary>Where and how eagerly a site trains.</summary>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Threads">Of one step on the CPU; 0 = half the cores.</param>
/// <param name="RetryInterval">A site without enough samples for a round looks again after this long.</param>
/// <param name="Paused">The site begins no update.</param>
public sealed record TrainingSettings(string Device, int Threads, TimeSpan RetryInterval, bool Paused)
{
    /// <summary>Threads that a step takes: as configured, or half the cores.</summary>
    public int StepThreads => Threads == 0 ? Math.Max(1, Environment.ProcessorCount / 2) : Threads;

    internal static TrainingSettings Create(SettingsReader reader) => new(
        reader.Text("pipeline.trainer.device", "auto | cpu | cuda:N", IsDevice),
        reader.Int("pipeline.trainer.threads", 0, 1024),
        reader.Duration("pipeline.trainer.retry-interval", "10ms", "1h"),
        reader.Choice("pipeline.trainer.pause", ["on", "off"]) == "on");

    private static bool IsDevice(string text) => text is "auto" or "cpu" ||
        (text.StartsWith("cuda:", StringComparison.Ordinal) &&
         byte.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out byte index) && index < 64);
}
