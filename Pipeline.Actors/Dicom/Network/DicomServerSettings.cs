using System.Net;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Limits and time-outs of the storage SCP. Lengths in bytes.</summary>
public sealed record DicomServerSettings
{
    /// <summary>Address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>TCP port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Concurrent associations; one more is rejected as transient, local limit exceeded (PS3.8 9.3.4).</summary>
    public int MaxAssociations { get; init; } = 32;

    /// <summary>The largest P-DATA-TF variable field we announce and accept; also the cap on any other PDU.</summary>
    public int MaxPduLength { get; init; } = 131072;

    /// <summary>The largest data set accepted over C-STORE; beyond it the answer is A700 and nothing is kept.</summary>
    public long MaxInstanceBytes { get; init; } = 256L << 20;

    /// <summary>ARTIM: how long a peer may take to send A-ASSOCIATE-RQ, or to close after we are done (PS3.8 9.1.5).</summary>
    public TimeSpan Artim { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An association without a PDU for so long is aborted.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
