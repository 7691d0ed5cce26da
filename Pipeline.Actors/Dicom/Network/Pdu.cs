namespace Pipeline.Actors.Dicom.Network;

/// <summary>Protocol data units of the upper layer (PS3.8 9.3).</summary>
public abstract record Pdu
{
    public sealed record AssociateRequest(
        string CalledAe, string CallingAe, IReadOnlyList<PresentationContext> Contexts, int MaxLength, ushort ProtocolVersion = 1) : Pdu
    {
        public string ApplicationContext { get; init; } = PduReader.ApplicationContext;

        public UserItems Items { get; init; } = UserItems.None;
    }

    public sealed record AssociateAccept(
        string CalledAe, string CallingAe, IReadOnlyList<PresentationContextResult> Contexts, int MaxLength) : Pdu
    {
        public UserItems Items { get; init; } = UserItems.None;
    }

    public sealed record AssociateReject(RejectResult Result, RejectSource Source, byte Reason) : Pdu;

    /// <summary>P-DATA-TF. The values may be slices of a buffer that is used again for the next PDU.</summary>
    public sealed record DataTransfer(IReadOnlyList<PresentationDataValue> Values) : Pdu;

    public sealed record ReleaseRequest : Pdu;

    public sealed record ReleaseResponse : Pdu;

    public sealed record Abort(AbortSource Source, byte Reason) : Pdu;
}
