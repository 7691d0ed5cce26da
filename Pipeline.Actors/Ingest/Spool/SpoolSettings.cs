namespace Pipeline.Actors.Ingest.Spool;

/// <summary>Where the spool lives and what bounds it. Sizes in bytes.</summary>
/// <param name="MaxIndexed">SOP Instance UIDs remembered.</param>
/// <param name="SpareSegments">Files of consumed segments that are kept to be written again; 0 deletes each.</param>
public sealed record SpoolSettings(string Folder, long SegmentBytes, long LowWatermark, int MaxIndexed, int SpareSegments = 4);
