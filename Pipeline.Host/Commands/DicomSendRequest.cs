namespace Pipeline.Host.Commands;

/// <summary>What a person asks of <c>pipeline dicom send</c>.</summary>
/// <param name="Window">Operations outstanding on each association.</param>
/// <param name="Commit">Ask for storage commitment afterwards.</param>
public sealed record DicomSendRequest(DicomPeerRequest Peer, IReadOnlyList<string> Paths, int Associations, int Window, bool Commit);
