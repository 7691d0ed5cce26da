namespace Pipeline.Actors.Dicom.Network;

/// <summary>A presentation context as it was agreed.</summary>
public readonly record struct AcceptedContext(byte Id, string AbstractSyntax, string TransferSyntax);
