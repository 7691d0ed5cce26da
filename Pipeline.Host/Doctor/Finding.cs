namespace Pipeline.Host.Doctor;

/// <summary>How much a finding matters.</summary>
public enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>The site runs with it; somebody should know.</summary>
    Warning,

    /// <summary>The site does not run, or not for long.</summary>
    Error,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Area">What it is about: libraries, disk, keys, …</param>
/// <param name="What">What was found.</param>
/// <param name="Key">The key of the configuration that decides about it; null where none does.</param>
/// <param name="Place">The file and line, or the environment variable, where that key stands; null without a key.</param>
/// <param name="Mend">What a person does about it; null where all is well.</param>
public sealed record Finding(FindingLevel Level, string Area, string What, string? Key = null, string? Place = null, string? Mend = null)
{
    public static Finding Ok(string area, string what) => new(FindingLevel.Ok, area, what);
}
