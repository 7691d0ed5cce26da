namespace Pipeline.Actors.Dicom.Network;

/// <summary>Whom to call, as whom, and for what.</summary>
/// <param name="SopClasses">Storage classes to propose beside Verification, uncompressed; at most 120.</param>
/// <param name="Timeout">For connecting and for each answer.</param>
public sealed record AssociationSettings(
    string Host, int Port, string CalledAe, string CallingAe, IReadOnlyList<string> SopClasses, TimeSpan Timeout, int MaxPduLength = 131072)
{
    /// <summary>Further proposals, each abstract syntax with its transfer syntaxes in a context of its own.</summary>
    public IReadOnlyList<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> Proposals { get; init; } = [];

    /// <summary>Operations to have outstanding at once; more than one is negotiated (PS3.7 D.3.3.3).</summary>
    public int MaxOperations { get; init; } = 1;

    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    /// <summary>Null for a connection without TLS.</summary>
    public DicomTls? Tls { get; init; }
}
