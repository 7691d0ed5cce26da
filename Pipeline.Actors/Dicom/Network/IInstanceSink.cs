namespace Pipeline.Actors.Dicom.Network;

/// <summary>Where the SCP hands instances; it holds the answer back until they are durable.</summary>
public interface IInstanceSink
{
    /// <summary>Whether associations to this AE title are taken at all.</summary>
    bool Recognizes(string calledAe);

    /// <summary>Whether C-STORE is taken under a recognized title; without, it answers C-ECHO alone.</summary>
    bool Stores(string calledAe);

    /// <summary>The chain that takes images under a title; null where none does.</summary>
    string? ChainOf(string calledAe) => null;

    /// <summary>While true new associations are rejected as transient, temporary congestion: senders come back, where many take A700 as final.</summary>
    bool Congested { get; }

    /// <summary>A place for an instance that begins to arrive.</summary>
    IInstanceUpload BeginUpload();

    /// <summary>Whether an instance is durable here; what storage commitment is answered from.</summary>
    bool Holds(string sopInstanceUid);
}
