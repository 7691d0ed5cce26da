namespace Pipeline.Host.Configuration;

/// <summary>One mistake in a site's configuration.</summary>
/// <param name="Key">Full path, or the place in the file.</param>
/// <param name="Value">What stands there; null when nothing does.</param>
/// <param name="Problem">What is wrong and what would be right.</param>
/// <param name="Source">The file or environment variable that a person must mend.</param>
public sealed record ConfigurationError(string Key, string? Value, string Problem, string Source)
{
    /// <summary>In the source, from 1; null where it has no lines or the key does not stand there.</summary>
    public int? Line { get; init; }

    /// <summary>File and line, as editors and terminals open them.</summary>
    public string Place => Line is { } line ? $"{Source}:{line}" : Source;

    public override string ToString() => Value is null ? $"{Place}: {Key}: {Problem}" : $"{Place}: {Key} = {Value}: {Problem}";
}
