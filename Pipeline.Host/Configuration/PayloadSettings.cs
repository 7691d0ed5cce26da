using Pipeline.Ledger.Payloads;

namespace Pipeline.Host.Configuration;

/// <summary>The payload plane of every chain at this site.</summary>
/// <param name="QuotaBytes">Of one chain.</param>
public sealed record PayloadSettings(long QuotaBytes, PayloadExchangeSettings Exchange)
{
    /// <summary>Disk work has threads of its own; declared in reference.conf.</summary>
    public const string DiskDispatcher = "akka.actor.pipeline-disk-dispatcher";

    internal static PayloadSettings Create(SettingsReader reader) => new(
        reader.Size("pipeline.payloads.quota", "1MiB", "1024TiB"),
        new PayloadExchangeSettings(
            PayloadExchangeSettings.Default.Tick,
            reader.Duration("pipeline.payloads.announce-interval", "10ms", "10m"),
            reader.Duration("pipeline.payloads.publish-timeout", "1s", "1d"),
            reader.Duration("pipeline.payloads.fetch-timeout", "1s", "1d"),
            reader.Duration("pipeline.payloads.chunk-timeout", "10ms", "10m"),
            reader.Int("pipeline.payloads.max-transfers", 1, 256),
            reader.Int("pipeline.payloads.max-waiting", 1, 65536),
            reader.Int("pipeline.payloads.chunk-window", 1, 64),
            reader.Size("pipeline.payloads.max-fetch", "256KiB", "2GiB"),
            reader.Size("pipeline.payloads.cache", "0B", "64GiB"),
            DiskDispatcher));
}
