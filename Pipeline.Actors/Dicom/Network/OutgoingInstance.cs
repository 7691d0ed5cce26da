namespace Pipeline.Actors.Dicom.Network;

/// <summary>An instance to be sent as it is.</summary>
/// <param name="Open">Gives the data set's bytes in that transfer syntax, from the first on; the sender closes it.</param>
public sealed record OutgoingInstance(string SopClassUid, string SopInstanceUid, string TransferSyntaxUid, Func<Stream> Open);
