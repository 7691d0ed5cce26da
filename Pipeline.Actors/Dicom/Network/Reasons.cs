namespace Pipeline.Actors.Dicom.Network;

/// <summary>Reason codes of A-ASSOCIATE-RJ and A-ABORT (PS3.8 tables 9-21 and 9-26).</summary>
public static class Reasons
{
    public const byte ApplicationContextNotSupported = 2;
    public const byte CallingAeNotRecognized = 3;
    public const byte CalledAeNotRecognized = 7;
    public const byte ProtocolVersionNotSupported = 2;
    public const byte TemporaryCongestion = 1;
    public const byte LocalLimitExceeded = 2;

    public const byte AbortNotSpecified = 0;
    public const byte AbortUnrecognizedPdu = 1;
    public const byte AbortUnexpectedPdu = 2;
    public const byte AbortInvalidParameter = 6;

    /// <summary>A rejection in words.</summary>
    public static string Describe(Pdu.AssociateReject reject) => (reject.Source, reject.Reason) switch
    {
        (RejectSource.User, CalledAeNotRecognized) => "called AE title not recognized",
        (RejectSource.User, CallingAeNotRecognized) => "calling AE title not recognized",
        (RejectSource.User, ApplicationContextNotSupported) => "application context name not supported",
        (RejectSource.Acse, ProtocolVersionNotSupported) => "protocol version not supported",
        (RejectSource.Presentation, TemporaryCongestion) => "temporary congestion",
        (RejectSource.Presentation, LocalLimitExceeded) => "local limit exceeded",
        _ => $"source {(int)reject.Source}, reason {reject.Reason}",
    };
}
