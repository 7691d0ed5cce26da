using Akka.Persistence;
using Akka.Persistence.Snapshot;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Lets Akka.Persistence replay a journal from the entry that a replica asks for. The replica reads and checks its snapshots itself, before its
/// recovery: Akka only needs to hear that there is one, because a snapshot that turned out bad during recovery could not be left for the next.
/// </summary>
internal sealed class RecoveryPoint : SnapshotStore
{
    public const string PluginId = "akka.persistence.snapshot-store.pipeline-recovery-point";

    protected override Task<SelectedSnapshot?> LoadAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) =>
        Task.FromResult(criteria.MaxSequenceNr is > 0 and < long.MaxValue
            ? new SelectedSnapshot(new SnapshotMetadata(persistenceId, criteria.MaxSequenceNr, DateTime.UnixEpoch), Here.Instance)
            : null);

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken) =>
        throw new NotSupportedException("replicas keep their own snapshots");

    protected override Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken) => Task.CompletedTask;

    protected override Task DeleteAsync(
        string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) => Task.CompletedTask;

    private sealed class Here
    {
        public static Here Instance { get; } = new();
    }
}
