namespace Pipeline.Actors.Dicom.Network;

/// <summary>What the acceptor wants done, in order.</summary>
public abstract record AssociationEffect
{
    public sealed record Send(Pdu Pdu) : AssociationEffect;

    /// <summary>Store, then tell <see cref="AssociationAcceptor.Stored"/>; no PDU may be given to the acceptor in between.</summary>
    public sealed record Store(ReceivedInstance Instance) : AssociationEffect;

    /// <summary>Close the transport once everything sent is out.</summary>
    public sealed record Close : AssociationEffect;

    /// <summary>Something an operator may want to know; carries no value of a header.</summary>
    public sealed record Note(string Message) : AssociationEffect;
}
