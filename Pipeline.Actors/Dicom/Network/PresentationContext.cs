namespace Pipeline.Actors.Dicom.Network;

/// <summary>A proposed pairing of an abstract syntax (SOP class) with transfer syntaxes.</summary>
/// <param name="Id">Odd, 1–255.</param>
public sealed record PresentationContext(byte Id, string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes);
