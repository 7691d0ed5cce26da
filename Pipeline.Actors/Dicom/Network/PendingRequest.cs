using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>A request and the presentation context on which its answer goes.</summary>
public sealed record PendingRequest(byte ContextId, DicomDataSet Command);
