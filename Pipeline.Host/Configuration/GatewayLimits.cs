using Pipeline.Ledger.Network;

namespace Pipeline.Host.Configuration;

/// <summary>What one peer may cost this site.</summary>
/// <param name="MaxConnections">Over all peers, authenticated or not.</param>
/// <param name="WindowBytes">HTTP/2 flow control: what a peer may send ahead of its reader, for a link.</param>
/// <param name="ConsensusQueue">Messages waiting to be sent on a link's consensus lane; more are dropped.</param>
/// <param name="SyncQueue">Likewise on the sync lane.</param>
/// <param name="PayloadQueue">Likewise on the payload lane.</param>
/// <param name="QueueBytes">All messages waiting on one lane of one link together (bytes).</param>
/// <param name="BytesPerSecond">A peer that sends more is read no faster.</param>
/// <param name="MessagesPerSecond">A peer that sends more is banned.</param>
/// <param name="InvalidPerMinute">A peer that sends more invalid messages is banned.</param>
/// <param name="Ban">The first ban; each further one is twice as long.</param>
/// <param name="LongestBan">No ban is longer; a peer that behaves for so long after one starts anew.</param>
public sealed record GatewayLimits(
    int MaxConnections, int WindowBytes, int ConsensusQueue, int SyncQueue, int PayloadQueue, long QueueBytes, long BytesPerSecond, int MessagesPerSecond,
    int InvalidPerMinute, TimeSpan Ban, TimeSpan LongestBan)
{
    public int Queue(PeerLane lane) => lane switch
    {
        PeerLane.Consensus => ConsensusQueue,
        PeerLane.Sync => SyncQueue,
        PeerLane.Payload => PayloadQueue,
        _ => throw new ArgumentOutOfRangeException(nameof(lane)),
    };

    internal static GatewayLimits Create(SettingsReader reader) => new(
        reader.Int("pipeline.gateway.max-connections", 1, 65536),
        (int)reader.Size("pipeline.gateway.window", "64KiB", "16MiB"),
        reader.Int("pipeline.gateway.consensus-queue", 16, 1_000_000),
        reader.Int("pipeline.gateway.sync-queue", 16, 1_000_000),
        reader.Int("pipeline.gateway.payload-queue", 4, 1_000_000),
        reader.Size("pipeline.gateway.queue-size", "8MiB", "16GiB"),
        reader.Size("pipeline.gateway.bytes-per-second", "64KiB", "16GiB"),
        reader.Int("pipeline.gateway.messages-per-second", 10, 10_000_000),
        reader.Int("pipeline.gateway.invalid-per-minute", 1, 1_000_000),
        reader.Duration("pipeline.gateway.ban", "1s", "1d"),
        reader.Duration("pipeline.gateway.longest-ban", "1s", "30d"));
}
