namespace Pipeline.Actors.Dicom.Network;

/// <summary>A fragment of a command or a data set (PS3.8 9.3.5.1, annex E.2).</summary>
public readonly record struct PresentationDataValue(byte ContextId, bool Command, bool Last, ReadOnlyMemory<byte> Data);
