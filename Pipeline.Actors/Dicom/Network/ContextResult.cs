namespace Pipeline.Actors.Dicom.Network;

/// <summary>PS3.8 table 9-18.</summary>
public enum ContextResult
{
    Acceptance = 0,
    UserRejection = 1,
    NoReason = 2,
    AbstractSyntaxNotSupported = 3,
    TransferSyntaxesNotSupported = 4,
}
