namespace Pipeline.Actors.Dicom.Network;

/// <summary>Service-class application information (PS3.7 D.3.3.5).</summary>
public readonly record struct ExtendedNegotiation(string SopClassUid, ReadOnlyMemory<byte> Information);
