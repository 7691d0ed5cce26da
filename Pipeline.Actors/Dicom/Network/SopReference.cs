namespace Pipeline.Actors.Dicom.Network;

/// <summary>An instance by its UIDs.</summary>
public readonly record struct SopReference(string SopClassUid, string SopInstanceUid);
