namespace Pipeline.Ledger.Network;

/// <summary>How many messages may wait in a receiver's mailbox before a network drops more, by lane.</summary>
public sealed record MailboxLimits(int Consensus, int Sync, int Payload)
{
    /// <summary>Payload messages carry up to 256 KiB and sync messages up to a few blocks: at most 64 MiB wait there.</summary>
    public static MailboxLimits Default { get; } = new(Consensus: 8192, Sync: 256, Payload: 256);

    public int Of(PeerLane lane) => lane switch
    {
        PeerLane.Consensus => Consensus,
        PeerLane.Sync => Sync,
        PeerLane.Payload => Payload,
        _ => throw new ArgumentOutOfRangeException(nameof(lane)),
    };
}
