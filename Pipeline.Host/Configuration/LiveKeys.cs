namespace Pipeline.Host.Configuration;

/// <summary>
/// Which keys a running site takes on when it reads its configuration again, and which need a restart. The reference says it of each key beside its legal
/// values: <c>[duration 1s … 10m; live]</c>.
/// </summary>
internal static class LiveKeys
{
    /// <summary>Behind the legal values of a key, inside the brackets.</summary>
    public const string Mark = "; live";

    /// <summary>As the reference has them; those of named children below their defaults.</summary>
    public static IReadOnlySet<string> All { get; } = Read(SiteConfiguration.Reference);

    /// <summary>Whether a running site takes a change of it on.</summary>
    public static bool Contains(string key) => All.Contains(NamedSections.ReferenceOf(key));

    /// <summary>Whether children of a named section may come and go while a site runs: where each of their keys is live.</summary>
    /// <param name="child">In full: <c>pipeline.dicom.peers.pacs</c>.</param>
    public static bool TakesChild(string child)
    {
        string defaults = NamedSections.ReferenceOf(child + ".any");
        return Listed.Where(key => key.StartsWith(defaults[..^"any".Length], StringComparison.Ordinal)).All(All.Contains);
    }

    private static string[] Listed { get; } = [.. HoconLines.Locate(SiteConfiguration.Reference).Keys];

    /// <summary>Keys of a reference whose comment ends with the mark.</summary>
    internal static IReadOnlySet<string> Read(string reference)
    {
        string[] lines = reference.Split('\n');
        return HoconLines.Locate(reference).Where(entry => entry.Value > 1 && IsMarked(lines[entry.Value - 2].Trim())).Select(entry => entry.Key)
            .ToHashSet(StringComparer.Ordinal);
    }

    private static bool IsMarked(string comment) =>
        comment.StartsWith("# [", StringComparison.Ordinal) && comment.EndsWith(Mark + "]", StringComparison.Ordinal);
}
