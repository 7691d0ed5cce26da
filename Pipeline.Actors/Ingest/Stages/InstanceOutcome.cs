namespace Pipeline.Actors.Ingest.Stages;

/// <summary>What the stages made of an instance.</summary>
public abstract record InstanceOutcome
{
    /// <param name="Accession">Pseudonym of the accession number, or empty.</param>
    /// <param name="Series">Pseudonym of the series.</param>
    /// <param name="Position">Orders the images of a series.</param>
    /// <param name="Label">That the image carries itself, −1 for none.</param>
    /// <param name="Pixels">Height × Width, row-major, 0 … 65535 over the image's window.</param>
    public sealed record Image(
        string Id, string Patient, string Accession, string Series, double Position, int Label, int Height, int Width, ushort[] Pixels) : InstanceOutcome;

    /// <summary>Kept aside for a person to look at.</summary>
    /// <param name="Reason">One of <see cref="Why"/>.</param>
    /// <param name="Detail">Carries no header value.</param>
    public sealed record Quarantined(string Reason, string Detail) : InstanceOutcome;

    /// <summary>No image of this chain's task: counted, not kept.</summary>
    /// <param name="Reason">One of <see cref="Why"/>.</param>
    public sealed record OutOfScope(string Reason) : InstanceOutcome;

    /// <summary>Words by which instances are counted.</summary>
    public static class Why
    {
        public const string Modality = "modality";
        public const string BodyPart = "body-part";
        public const string NoPixels = "no-pixel-data";
        public const string Color = "color";
        public const string Corrupt = "corrupt";
        public const string Undecodable = "undecodable";
        public const string BurnedIn = "burned-in-text";
        public const string Constant = "constant-image";
        public const string TooSmall = "too-small";
        public const string TooLarge = "too-large";
        public const string Conflict = "conflict";
        public const string NoRoute = "no-route";
        public const string NoIdentity = "no-patient-or-instance-id";
        public const string Failed = "handling-failed";
        public const string MultiFrame = "multi-frame";
        public const string SopClass = "sop-class";
        public const string View = "view-position";
        public const string Rule = "rule";
        public const string NoLabel = "no-label";
        public const string LabelValue = "unknown-label";
        public const string NotChosen = "not-chosen-of-series";
        public const string Late = "series-chosen-already";
        public const string Erased = "erased";
    }
}
