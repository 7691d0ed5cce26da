namespace Pipeline.Actors.Ingest;

/// <summary>
/// Where every acknowledged instance is, counted from the files on disk. Right after a crash at any point: an instance that reached its place
/// before the checkpoint moved is counted there and not as pending.
/// </summary>
/// <param name="Acknowledged">Instances answered with success (or the conflict warning), repeats of the same content not counted again.</param>
/// <param name="Pending">Durable in the spool, not yet handled.</param>
/// <param name="Samples">In a sample store.</param>
/// <param name="AwaitingLabel">De-identified samples that wait for a label.</param>
/// <param name="Repeated">Instances forgotten by the repeat index, found again to be held with the same content.</param>
/// <param name="Assembling">De-identified images whose series is not known to be whole.</param>
/// <param name="Removed">Taken out on somebody's word or by retention.</param>
public sealed record IngestAccounting(
    long Acknowledged, long Pending, long Samples, long AwaitingLabel, long Quarantined, long OutOfScope, long Repeated, long Assembling = 0,
    long Removed = 0)
{
    public long AccountedFor => Pending + Samples + AwaitingLabel + Quarantined + OutOfScope + Repeated + Assembling + Removed;

    public bool Balanced => Acknowledged == AccountedFor;
}
