namespace Pipeline.Actors.Ingest.Storage;

/// <summary>What is known of one sample on disk, without its pixels.</summary>
/// <param name="Id">HMAC of the SOP Instance UID under the site key (hex).</param>
/// <param name="Patient">HMAC of the patient id under the site key (hex).</param>
/// <param name="Label">Index into the task's classes; −1 while it waits for its label.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Sequence">The spool record it came from, −1 for none.</param>
/// <param name="Received">When C-STORE brought it; null where that is not known.</param>
/// <param name="Source">Calling AE title of the device it came from, or empty.</param>
public sealed record StoredSample(
    string Id, string Patient, int Label, DataSplit Split, int Height, int Width, long Sequence, DateTimeOffset? Received, string Source)
{
    /// <summary>Where its record begins, in the file of its kind.</summary>
    internal long Offset { get; init; }

    internal static StoredSample Of(SampleRecord record, long offset)
    {
        Sample sample = record.Sample;
        return new StoredSample(
            sample.Id, sample.Patient, sample.Label, sample.Split, sample.Height, sample.Width, record.Sequence, record.Received, record.Source)
        {
            Offset = offset,
        };
    }
}
