namespace Pipeline.Host.Configuration;

/// <summary>Every value in force, and what differs between two configurations.</summary>
internal static class SiteSettingsListing
{
    /// <param name="file">HOCON; null = environment alone.</param>
    /// <param name="environment">Null = that of this process.</param>
    /// <returns>Ordered by key; empty where the configuration has mistakes.</returns>
    public static (ConfigurationResult Result, IReadOnlyList<EffectiveValue> Values) Read(string? file, IReadOnlyDictionary<string, string>? environment = null)
    {
        var result = SiteConfiguration.Load(file, environment, out var reader);
        return (result, result.IsValid ? [.. reader!.Effective()] : []);
    }

    /// <summary>Keys whose value differs, with both; one side is null where a key is only on the other.</summary>
    public static IEnumerable<(EffectiveValue? Left, EffectiveValue? Right)> Differences(IReadOnlyList<EffectiveValue> left, IReadOnlyList<EffectiveValue> right)
    {
        var (lefts, rights) = (left.ToDictionary(v => v.Key), right.ToDictionary(v => v.Key));
        return lefts.Keys.Union(rights.Keys).Order(StringComparer.Ordinal)
            .Select(key => (Left: lefts.GetValueOrDefault(key), Right: rights.GetValueOrDefault(key)))
            .Where(pair => pair.Left is null || pair.Right is null || !pair.Left.IsSameAs(pair.Right));
    }
}
