namespace Pipeline.Actors.Dicom.Network;

/// <summary>What the acceptor wants done, in order.</summary>
public abstract record AssociationEffect
{
    public sealed record Send(Pdu Pdu) : AssociationEffect;

    /// <summary>Bytes of the instance that is arriving; the first begin its upload.</summary>
    /// <param name="Buffer">Of the shared array pool, the receiver's from now on.</param>
    public sealed record Append(byte[] Buffer, int Length) : AssociationEffect;

    /// <summary>The instance is whole: commit, then tell <see cref="AssociationAcceptor.Stored"/>.</summary>
    /// <param name="Request">To be answered.</param>
    public sealed record Commit(ReceivedInstance Instance, PendingRequest Request) : AssociationEffect;

    /// <summary>Nothing of the instance that is arriving is kept.</summary>
    public sealed record Abandon : AssociationEffect;

    /// <summary>Storage commitment to be reported on an association of our own.</summary>
    /// <param name="From">The AE title here that was asked.</param>
    public sealed record Report(CommitmentReport Commitment, DicomPeer To, string From) : AssociationEffect;

    /// <summary>Close the transport once everything sent is out, or at once.</summary>
    public sealed record Close(bool AtOnce = false) : AssociationEffect;

    /// <summary>Something an operator may want to know; carries no value of a header.</summary>
    public sealed record Note(string Message) : AssociationEffect;
}
