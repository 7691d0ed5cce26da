namespace Pipeline.Actors.Ingest.Labels;

/// <summary>A label and the pseudonym of what it belongs to: an instance, an accession number (its study) or a patient.</summary>
/// <param name="Key"><see cref="SiteKey.Pseudonym"/> of the kind the label is keyed by.</param>
/// <param name="Label">Index into the route's classes, or <see cref="Withdrawn"/>.</param>
/// <param name="Split">Fixes the split instead of the patient hash, where the study's protocol does so.</param>
public sealed record LabelEntry(string Key, int Label, DataSplit? Split = null)
{
    /// <summary>In place of a label: the source no longer has one under this key.</summary>
    public const int Withdrawn = -1;
}
