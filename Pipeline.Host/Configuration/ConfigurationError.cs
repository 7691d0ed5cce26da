namespace Pipeline.Host.Configuration;

/// <summary>One mistake in a site's configuration.</summary>
/// <param name="Key">Full path, or the place in the file.</param>
/// <param name="Value">What stands there; null when nothing does.</param>
/// <param name="Problem">What is wrong and what would be right.</param>
/// <param name="Source">The file or environment variable that a person must mend.</param>
public sealed record ConfigurationError(string Key, string? Value, string Problem, string Source)
{
    public override string ToString() => Value is null ? $"{Source}: {Key}: {Problem}" : $"{Source}: {Key} = {Value}: {Problem}";
}
