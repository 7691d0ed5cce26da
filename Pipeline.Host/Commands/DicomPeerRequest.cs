using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Commands;

/// <summary>A DICOM peer as a person names it, and how to come to it.</summary>
/// <param name="MaxPdu">Bytes.</param>
/// <param name="Trusted">PEM file; null speaks no TLS.</param>
/// <param name="Certificate">PEM file; empty shows none.</param>
/// <param name="Key">Of the certificate.</param>
public sealed record DicomPeerRequest(
    string Host, int Port, string CalledAe, string CallingAe, int MaxPdu, TimeSpan Timeout, string? Trusted, string Certificate, string Key)
{
    /// <summary>An association with it that proposes Verification alone.</summary>
    /// <exception cref="CommandFailedException">A file of TLS cannot be used.</exception>
    internal AssociationSettings Association()
    {
        Outcome<DicomTls>? tls = Trusted is null ? (Outcome<DicomTls>?)null : DicomTls.Load(new DicomTlsFiles(Certificate, Key, Trusted));
        return tls is { Ok: false, Fault: var fault }
            ? throw new CommandFailedException(fault!.Message) { ExitCode = ExitCode.Usage }
            : new AssociationSettings(Host, Port, CalledAe, CallingAe, [], Timeout, MaxPdu) { Tls = tls?.Value };
    }
}
