namespace Pipeline.Host.Configuration;

/// <summary>Limits of the way from the spool to the sample stores; sizes in bytes.</summary>
public sealed record IngestLimits(
    long SegmentBytes, int SpareSegments, long LowWatermarkBytes, int MaxIndexedInstances, int Parallelism, int CommitBatch, TimeSpan CommitInterval,
    long SampleCacheBytes)
{
    internal static IngestLimits Create(SettingsReader reader) => new(
        reader.Size("pipeline.ingest.segment-size", "1MiB", "16GiB"),
        reader.Int("pipeline.ingest.spare-segments", 0, 1000),
        reader.Size("pipeline.ingest.low-watermark", "0B", "16TiB"),
        reader.Int("pipeline.ingest.max-indexed-instances", 1000, 100_000_000),
        reader.Int("pipeline.ingest.parallelism", 1, 256),
        reader.Int("pipeline.ingest.commit-batch", 1, 65536),
        reader.Duration("pipeline.ingest.commit-interval", "1ms", "1m"),
        reader.Size("pipeline.ingest.sample-cache", "0B", "1TiB"));
}
