namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>A Part 10 file or a bare data set: its meta group (empty when absent), encoding and content.</summary>
public sealed record DicomFile(DicomDataSet Meta, TransferSyntax Syntax, DicomDataSet DataSet);
