namespace Pipeline.Ledger.Snapshots;

/// <summary>When a site takes and uses snapshots of its chains; every operator's own choice.</summary>
/// <param name="Interval">Heights between two snapshots; 0 takes none.</param>
/// <param name="Keep">Snapshots that stay.</param>
/// <param name="StateSyncGap">Blocks behind from which on a snapshot of others is fetched instead of every block; 0 never does.</param>
public sealed record SnapshotPolicy(int Interval, int Keep, int StateSyncGap)
{
    public static SnapshotPolicy Default { get; } = new(Interval: 1000, Keep: 2, StateSyncGap: 5000);
}
