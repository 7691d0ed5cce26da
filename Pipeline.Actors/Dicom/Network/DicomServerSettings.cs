using System.Net;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Limits, rules and time-outs of the SCP. Lengths in bytes.</summary>
public sealed record DicomServerSettings
{
    /// <summary>Address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>TCP port without TLS; 0 takes a free one, null listens on none.</summary>
    public int? Port { get; init; } = 0;

    /// <summary>The port with TLS beside it; null listens on none.</summary>
    public DicomTlsListener? Tls { get; init; }

    /// <summary>Concurrent associations; one more is rejected as transient, local limit exceeded (PS3.8 9.3.4).</summary>
    public int MaxAssociations { get; init; } = 32;

    /// <summary>Connections without an association: not asked for yet, or just rejected. One more closes the one that has waited longest.</summary>
    public int MaxWaitingConnections { get; init; } = 256;

    /// <summary>Operations that a sender may have outstanding on one association, where it negotiates more than one (PS3.7 D.3.3.3).</summary>
    public int MaxOperations { get; init; } = 8;

    /// <summary>The largest P-DATA-TF variable field we announce and accept; also the cap on any other PDU.</summary>
    public int MaxPduLength { get; init; } = 131072;

    /// <summary>The largest data set accepted over C-STORE; beyond it the answer is A700 and nothing is kept.</summary>
    public long MaxInstanceBytes { get; init; } = 4L << 30;

    /// <summary>ARTIM: how long a peer may take to send A-ASSOCIATE-RQ, or to close after we are done (PS3.8 9.1.5).</summary>
    public TimeSpan Artim { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An association without a PDU for so long is aborted.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Transfer syntaxes accepted for storage: those that can be decoded, the preferred first.</summary>
    public IReadOnlyList<string> TransferSyntaxes { get; init; } =
        [TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid, TransferSyntax.ExplicitBig.Uid];

    /// <summary>What is known of callers.</summary>
    public IReadOnlyList<DicomPeer> Peers { get; init; } = [];

    /// <summary>Whether a calling AE that is none of <see cref="Peers"/> is taken.</summary>
    public bool AcceptUnknownPeers { get; init; } = true;

    /// <summary>Reporting storage commitment on associations of our own.</summary>
    public CommitmentSettings Commitment { get; init; } = new();
}
