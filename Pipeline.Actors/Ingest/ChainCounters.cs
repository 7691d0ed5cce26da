namespace Pipeline.Actors.Ingest;

/// <summary>What became of the instances of one chain. Durable: they move with the spool's checkpoint.</summary>
/// <param name="Stored">Labelled samples.</param>
/// <param name="AwaitingLabel">Samples without a label yet; they move to <paramref name="Stored"/> when it comes.</param>
/// <param name="Repeated">Instances already held with the same content.</param>
/// <param name="Quarantined">By reason.</param>
/// <param name="OutOfScope">By reason.</param>
public sealed record ChainCounters(
    long Received,
    long Stored,
    long AwaitingLabel,
    long Repeated,
    IReadOnlyDictionary<string, long> Quarantined,
    IReadOnlyDictionary<string, long> OutOfScope)
{
    /// <summary>Images of series that are not known to be whole.</summary>
    public long Assembling { get; init; }

    /// <summary>Taken out by reason: dropped, expired, erased with their patient, replaced by a released image.</summary>
    public IReadOnlyDictionary<string, long> Removed { get; init; } = new Dictionary<string, long>();
}
