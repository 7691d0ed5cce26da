namespace Pipeline.Actors.Ingest.Spool;

/// <summary>Where the spool lives and what bounds it. Sizes in bytes.</summary>
/// <param name="MaxIndexed">SOP Instance UIDs remembered.</param>
public sealed record SpoolSettings(string Folder, long SegmentBytes, long LowWatermark, int MaxIndexed);
