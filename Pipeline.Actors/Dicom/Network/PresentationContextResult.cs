namespace Pipeline.Actors.Dicom.Network;

/// <summary>The acceptor's answer to a presentation context.</summary>
public sealed record PresentationContextResult(byte Id, ContextResult Result, string TransferSyntax);
