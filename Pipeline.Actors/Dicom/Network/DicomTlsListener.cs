namespace Pipeline.Actors.Dicom.Network;

/// <summary>The port with TLS.</summary>
/// <param name="Port">2762 by convention; 0 takes a free one.</param>
public sealed record DicomTlsListener(int Port, DicomTlsFiles Files);
