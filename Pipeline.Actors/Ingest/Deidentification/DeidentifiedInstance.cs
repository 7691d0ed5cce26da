using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>A data set without identity, and what was changed to make it so.</summary>
public sealed record DeidentifiedInstance(DicomDataSet DataSet, IReadOnlyList<AttributeChange> Changes);
