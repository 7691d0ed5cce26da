namespace Pipeline.Actors.Dicom.Network;

/// <summary>PEM files of one end of TLS.</summary>
/// <param name="Certificate">Our own, with intermediates behind it; empty for a client that shows none.</param>
/// <param name="Key">Of the certificate, without a password.</param>
/// <param name="Trusted">Authorities, or single certificates, that the other end's must come from.</param>
public sealed record DicomTlsFiles(string Certificate, string Key, string Trusted)
{
    /// <summary>Whether a server asks for the client's certificate and refuses those that show none.</summary>
    public bool ClientCertificate { get; init; } = true;
}
