namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>How a site de-identifies: the Basic Profile with these options.</summary>
public sealed record DeidentificationProfile
{
    public DeidentificationOption Options { get; init; } = DeidentificationOption.CleanPixelData;

    /// <summary>Private attributes kept by <see cref="DeidentificationOption.RetainSafePrivate"/> beside <see cref="PrivateAttribute.Safe"/>.</summary>
    public IReadOnlyList<PrivateAttribute> SafePrivate { get; init; } = [];

    /// <summary>Images taken although their kind may hold text; the first that fits counts.</summary>
    public IReadOnlyList<PixelRule> PixelRules { get; init; } = [];
}
