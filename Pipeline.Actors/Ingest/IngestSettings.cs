using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest;

/// <summary>One site's way of images from the PACS to the sample stores.</summary>
public sealed record IngestSettings
{
    /// <summary>Holds <c>spool/</c>, <c>samples/CHAIN/</c> and <c>quarantine/CHAIN/</c>; created when absent.</summary>
    public required string DataDirectory { get; init; }

    public required SiteKey SiteKey { get; init; }

    /// <summary>Under which spool, quarantine and samples are encrypted at rest.</summary>
    public StorageKeys StorageKeys { get; init; } = StorageKeys.None;

    /// <summary>By which series become whole and retention ends.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>An instance is deleted from quarantine after so long; zero keeps it for ever.</summary>
    public TimeSpan QuarantineRetention { get; init; } = TimeSpan.Zero;

    public DeidentificationProfile Deidentification { get; init; } = new();

    /// <summary>The site's own AE title, which answers C-ECHO also where no chain takes images under it; empty for none.</summary>
    public string AeTitle { get; init; } = "";

    public IReadOnlyList<ChainRoute> Routes { get; init; } = [];

    public DicomServerSettings Dicom { get; init; } = new();

    /// <summary>Spool segment size at which a new one is begun (bytes).</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Files of consumed spool segments that are kept, as they are, to be written again; 0 deletes each.</summary>
    public int SpareSegments { get; init; } = 4;

    /// <summary>Free disk space below which instances are refused: new associations transiently, C-STORE with A700 (bytes).</summary>
    public long LowWatermarkBytes { get; init; } = 256L << 20;

    /// <summary>SOP Instance UIDs remembered to recognise repeats; the oldest are forgotten beyond it (48 bytes each in memory).</summary>
    public int MaxIndexedInstances { get; init; } = 1_000_000;

    /// <summary>Instances decoded at once.</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Samples committed with one flush at most.</summary>
    public int CommitBatch { get; init; } = 256;

    /// <summary>How long a commit waits for company; also how often label sources are asked.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Sample pixels kept in memory per chain beside the file (bytes).</summary>
    public long SampleCacheBytes { get; init; } = 256L << 20;
}
