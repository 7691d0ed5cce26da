using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>A command with its data set, as the requestor receives them.</summary>
/// <param name="DataSet">Null where the command has none.</param>
internal sealed record DimseMessage(byte ContextId, DicomDataSet Command, byte[]? DataSet);
