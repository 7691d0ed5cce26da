using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Snapshots;

/// <summary>How one site keeps snapshots of one chain; nothing here is agreed with others.</summary>
/// <param name="Folder">Of the entries.</param>
/// <param name="Store">The chain's payloads, where the contents are.</param>
/// <param name="Interval">Heights between two snapshots; 0 takes none.</param>
/// <param name="Keep">Snapshots that stay.</param>
public sealed record SnapshotSettings(string Folder, IPayloadStore Store, int Interval, int Keep);
