namespace Pipeline.Host.Configuration;

/// <summary>A key, or a child of a named section as a whole, that differs between what runs and what the files say.</summary>
/// <param name="Key">In full.</param>
/// <param name="From">In force; null where it is new.</param>
/// <param name="To">What the files say; null where it is gone.</param>
internal sealed record ConfigurationChange(string Key, EffectiveValue? From, EffectiveValue? To)
{
    /// <summary>As a person reads it; secrets are hidden.</summary>
    public string Describe() => (From, To) switch
    {
        ({ } from, { } to) => $"{Key}: from {from.Value} to {to.Value}",
        (null, { } to) when to.Key == Key => $"{Key}: from nothing to {to.Value}",
        ({ } from, null) when from.Key == Key => $"{Key}: from {from.Value} to nothing",
        (null, _) => $"{Key} is new",
        _ => $"{Key} is gone",
    };
}
