namespace Pipeline.Actors.Dicom.Network;

/// <summary>How many operations may be outstanding (PS3.7 D.3.3.3); 0 is without limit.</summary>
/// <param name="Invoked">By the requestor.</param>
/// <param name="Performed">By the requestor, for the acceptor.</param>
public readonly record struct AsynchronousOperations(ushort Invoked, ushort Performed);
