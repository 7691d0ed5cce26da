namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>What reading an untrusted data set may cost.</summary>
/// <param name="MaxBytes">Bytes read or inflated.</param>
/// <param name="MaxDepth">Sequences inside sequences.</param>
/// <param name="MaxElements">Elements and items in all.</param>
public sealed record DicomReadLimits(long MaxBytes = 512L << 20, int MaxDepth = 32, int MaxElements = 1_000_000);
