namespace Pipeline.Host.Reporting;

/// <summary>One moment of the running demo, for the live display. Immutable: taken on one thread, drawn on another.</summary>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Phase">What the demo is doing, in words.</param>
/// <param name="Rows">One a site and chain, in display order (grouped by chain).</param>
/// <param name="Events">Latest events, oldest first; the display shows the last <see cref="ShownEvents"/>.</param>
public sealed record DemoSnapshot(TimeSpan Elapsed, string Phase, IReadOnlyList<DemoSnapshot.Row> Rows, IReadOnlyList<string> Events)
{
    /// <summary>Events that fit below the table.</summary>
    public const int ShownEvents = 6;

    /// <summary>One site's part in one chain.</summary>
    /// <param name="Site">Site id.</param>
    /// <param name="Chain">Chain id.</param>
    /// <param name="ImagesReceived">Instances acknowledged to the PACS for this chain.</param>
    /// <param name="Samples">Samples in the store.</param>
    /// <param name="Round">Round in progress, from 0.</param>
    /// <param name="TotalRounds">Rounds the demo runs.</param>
    /// <param name="Height">Height of the replica.</param>
    /// <param name="Auc">Latest AUC of the global model; null until known.</param>
    /// <param name="UpdateBytes">Bytes of updates this site has sent.</param>
    /// <param name="WireBytes">All bytes this site has sent on this chain.</param>
    /// <param name="State">"training", "waiting: …", "killed", "syncing".</param>
    public sealed record Row(
        string Site,
        string Chain,
        long ImagesReceived,
        long Samples,
        int Round,
        int TotalRounds,
        long Height,
        double? Auc,
        long UpdateBytes,
        long WireBytes,
        string State);
}
