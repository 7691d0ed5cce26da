using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Consensus;

/// <summary>What one site's replica of one chain needs.</summary>
public sealed record ReplicaSettings
{
    public required Genesis Genesis { get; init; }

    /// <summary>The institution whose replica this is.</summary>
    public required string Member { get; init; }

    /// <summary>The member's keys, each of which signs in the epochs that name it; null for an observer, who follows, serves blocks and never signs.</summary>
    public MemberKeys? Keys { get; init; }

    /// <summary>The newest <see cref="ProtocolVersion"/> to follow the chain under; the replica stops before the first block of a newer one.</summary>
    public int NewestProtocol { get; init; } = ProtocolVersion.Newest;

    /// <summary>A new application in the state of the genesis.</summary>
    public required Func<IChainApplication> CreateApplication { get; init; }

    /// <summary>Hears at every start of the replica which application it runs, before anything is applied to it.</summary>
    public Action<IChainApplication>? Started { get; init; }

    /// <summary>Null takes none, and every restart replays the whole journal.</summary>
    public SnapshotSettings? Snapshots { get; init; }

    /// <summary>Null fetches every block, however far behind the replica is.</summary>
    public StateSyncSettings? StateSync { get; init; }

    public required IPeerNetwork Network { get; init; }

    public ISignatureVerifier Verifier { get; init; } = new Ed25519Verifier();

    public ConsensusTimeouts Timeouts { get; init; } = ConsensusTimeouts.Default;

    /// <summary>By default the chain's own journal (see <see cref="JournalConfig"/>).</summary>
    public string? JournalPluginId { get; init; }

    /// <summary>Null for the default dispatcher.</summary>
    public string? Dispatcher { get; init; }

    /// <summary>Transactions that may wait (count); more are refused.</summary>
    public int MempoolCapacity { get; init; } = 4096;

    /// <summary>The newest blocks that stay in memory (count); older ones are read from the journal when somebody asks.</summary>
    public int BlocksInMemory { get; init; } = RecentBlocks.Capacity;

    public string Journal => JournalPluginId ?? JournalConfig.PluginId(Genesis.Name);

    public string PersistenceId => JournalConfig.OwnerOf(Genesis.Name, Member);
}
