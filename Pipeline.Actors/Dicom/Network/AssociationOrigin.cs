using System.Net;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Where an association comes from, as far as the transport knows.</summary>
/// <param name="Secure">Over TLS.</param>
public readonly record struct AssociationOrigin(IPAddress Address, bool Secure);
