using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Host.Commands;

/// <summary>A sample as <c>samples list --json</c> and the file beside an exported image give it.</summary>
/// <param name="Label">Null while it waits for its label.</param>
/// <param name="Class">The label's name, where known.</param>
/// <param name="Source">Calling AE title of the device it came from; null where that is not known.</param>
/// <param name="Instance">Spool sequence: counts what was acknowledged to the PACS from 0; null where that is not known.</param>
internal sealed record SampleReport(
    string Chain, string Id, string Patient, string Split, int? Label, string? Class, int Height, int Width, DateTimeOffset? Received, string? Source,
    long? Instance)
{
    /// <summary>Name of the exported image, beside this.</summary>
    public string? File { get; init; }

    /// <summary>Of the exported file, hex.</summary>
    public string? Sha256 { get; init; }

    public static SampleReport Of(string chain, StoredSample sample, IReadOnlyList<string> classes) => new(
        chain, sample.Id, sample.Patient, sample.Split.ToString().ToLowerInvariant(), sample.Label < 0 ? null : sample.Label,
        sample.Label >= 0 && sample.Label < classes.Count ? classes[sample.Label] : null, sample.Height, sample.Width, sample.Received,
        sample.Source.Length == 0 ? null : sample.Source,
        sample.Sequence < 0 ? null : sample.Sequence);
}
