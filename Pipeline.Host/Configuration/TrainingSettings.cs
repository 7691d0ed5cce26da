using System.Globalization;

namespace Pipeline.Host.Configuration;

/// <summary>Where and how eagerly a site trains.</summary>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Threads">Of one step on the CPU; 0 = all cores.</param>
/// <param name="RetryInterval">A site without enough samples for a round looks again after this long.</param>
public sealed record TrainingSettings(string Device, int Threads, TimeSpan RetryInterval)
{
    internal static TrainingSettings Create(SettingsReader reader) => new(
        reader.Text("pipeline.trainer.device", "auto | cpu | cuda:N", IsDevice),
        reader.Int("pipeline.trainer.threads", 0, 1024),
        reader.Duration("pipeline.trainer.retry-interval", "10ms", "1h"));

    private static bool IsDevice(string text) => text is "auto" or "cpu" ||
        (text.StartsWith("cuda:", StringComparison.Ordinal) &&
         byte.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out byte index) && index < 64);
}
