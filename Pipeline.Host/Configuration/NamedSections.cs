namespace Pipeline.Host.Configuration;

/// <summary>Sections of a configuration whose children a person names, and where the keys of such a child are listed.</summary>
internal static class NamedSections
{
    public static IReadOnlyList<(string Section, string Defaults)> All { get; } =
    [
        ("pipeline.chains", "pipeline.chain-defaults"), ("pipeline.deidentification.rules", "pipeline.deidentification.rule-defaults"),
        ("pipeline.dicom.peers", "pipeline.dicom.peer-defaults"), ("pipeline.gateway.peers", "pipeline.gateway.peer-defaults"),
    ];

    /// <summary>The child that a key is of, in full; null where it is of none.</summary>
    public static string? ChildOf(string key) =>
        All.Select(named => named.Section + '.').FirstOrDefault(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) is { } section
            ? key.IndexOf('.', section.Length) is > 0 and var end ? key[..end] : key
            : null;

    /// <summary>The key by which the reference explains this one: itself, or that of the defaults of its section.</summary>
    public static string ReferenceOf(string key)
    {
        if (ChildOf(key) is not { } child || child.Length == key.Length)
            return key;
        string section = child[..child.LastIndexOf('.')];
        return All.First(named => named.Section == section).Defaults + key[child.Length..];
    }
}
