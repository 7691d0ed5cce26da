using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Configuration;

/// <summary>Which of the images sent to a chain belong to its task, what becomes of a series, and where the images' own labels stand.</summary>
/// <param name="BodyPart">Null = that of the genesis.</param>
/// <param name="Views">Empty for any.</param>
/// <param name="SopClasses">Empty for any.</param>
/// <param name="MiddleOfSeries">One sample a series instead of one an image.</param>
/// <param name="StableAfter">A series still for so long is whole.</param>
/// <param name="LabelAttribute">(gggg,eeee), or null.</param>
/// <param name="LabelValues">VALUE = CLASS each.</param>
public sealed record ChainScope(
    string? BodyPart, IReadOnlyList<string> Views, IReadOnlyList<string> SopClasses, IReadOnlyList<AttributeRule> Rules, bool MiddleOfSeries,
    TimeSpan StableAfter, string? LabelAttribute, IReadOnlyList<string> LabelValues)
{
    internal static ChainScope Create(SettingsReader reader, string path, string defaults)
    {
        string bodyPart = reader.Text($"{path}.body-part", "empty, or " + SettingsRules.CodeStringLegend,
            text => text.Length == 0 || SettingsRules.IsCodeString(text), $"{defaults}.body-part");
        var views = reader.Texts($"{path}.view-positions", "list of DICOM code strings", SettingsRules.IsCodeString, $"{defaults}.view-positions");
        var classes = reader.Texts($"{path}.sop-classes", "list of SOP Class UIDs", SettingsRules.IsUid, $"{defaults}.sop-classes");
        var rules = reader.Texts($"{path}.rules", "list of (gggg,eeee) OPERATOR VALUE", text => AttributeRule.Parse(text) is not null, $"{defaults}.rules");
        string series = reader.Choice($"{path}.per-series", ["all", "middle"], $"{defaults}.per-series");
        var stable = reader.Duration($"{path}.stable-after", "1s", "7d", $"{defaults}.stable-after");
        string attribute = reader.Text($"{path}.label-attribute", "empty, or (gggg,eeee)",
            text => text.Length == 0 || AttributeRule.ParseTag(text) is not null, $"{defaults}.label-attribute");
        var values = reader.Texts($"{path}.label-values", "list of VALUE = CLASS", text => text.IndexOf('=', StringComparison.Ordinal) > 0, $"{defaults}.label-values");
        if (attribute.Length == 0 != (values.Count == 0) && path != defaults)
            reader.Report($"{path}.label-attribute", null, "label-attribute names where the label stands and label-values what its values mean; give both or none");
        return new ChainScope(
            bodyPart.Length == 0 ? null : bodyPart, views, classes, [.. rules.Select(AttributeRule.Parse).OfType<AttributeRule>()], series == "middle", stable,
            attribute.Length == 0 ? null : attribute, values);
    }
}
