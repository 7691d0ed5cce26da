using Pipeline.Actors.Ingest.Labels;

namespace Pipeline.Actors.Ingest;

/// <summary>Which instances belong to a chain, and the shape its samples take.</summary>
/// <param name="Chain">Chain id, lower-case kebab.</param>
/// <param name="AeTitle">Called AE title under which this chain's images arrive (1–16 characters).</param>
/// <param name="Modality">Modality (0008,0060) of eligible images: CR, DX, MR …; empty accepts any.</param>
/// <param name="BodyPart">Body Part Examined (0018,0015), upper case; empty accepts any.</param>
/// <param name="Height">Rows of a sample.</param>
/// <param name="Width">Columns of a sample.</param>
/// <param name="Classes">Class names; a label is an index into them.</param>
public sealed record ChainRoute(
    string Chain, string AeTitle, string Modality, string BodyPart, int Height, int Width, IReadOnlyList<string> Classes)
{
    /// <summary>View Position (0018,5101) of eligible images; empty accepts any.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>SOP Class UIDs of eligible images; empty accepts any.</summary>
    public IReadOnlyList<string> SopClasses { get; init; } = [];

    /// <summary>What else must hold of an eligible image.</summary>
    public IReadOnlyList<AttributeRule> Rules { get; init; } = [];

    /// <summary>Of each series the image in the middle becomes a sample, once the series is whole; otherwise every image does.</summary>
    public bool MiddleOfSeries { get; init; }

    /// <summary>A series to which nothing was added for so long is taken to be whole.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(60);

    public SplitFractions Split { get; init; } = new();

    /// <summary>Where labels come from; without one, images wait as unlabelled samples.</summary>
    public ILabelSource? Labels { get; init; }

    /// <summary>Labels that the images carry themselves; null where they do not.</summary>
    public AttributeLabels? OwnLabels { get; init; }

    /// <summary>This route with what another says of eligible images and of when a series is whole.</summary>
    public ChainRoute InScopeOf(ChainRoute other) => this with
    {
        Modality = other.Modality,
        BodyPart = other.BodyPart,
        Views = other.Views,
        SopClasses = other.SopClasses,
        Rules = other.Rules,
        StableAfter = other.StableAfter,
    };
}
