using Pipeline.Actors.Ingest.Deidentification;

namespace Pipeline.Host.Configuration;

/// <summary>Reads how a site de-identifies.</summary>
internal static class DeidentificationSettings
{
    private const string Section = "pipeline.deidentification";
    private const string RuleDefaults = Section + ".rule-defaults";

    public static DeidentificationProfile Create(SettingsReader reader)
    {
        var options = reader.Texts($"{Section}.options", "list of " + string.Join(" | ", DeidentificationOptions.Names),
            name => DeidentificationOptions.Parse(name) is not null);
        var safe = reader.Texts($"{Section}.safe-private", "list of (gggg,xxee) CREATOR", text => PrivateAttribute.Parse(text) is not null);
        var chosen = options.Aggregate(DeidentificationOption.None, (all, name) => all | (DeidentificationOptions.Parse(name) ?? DeidentificationOption.None));
        if (chosen.HasFlag(DeidentificationOption.RetainFullDates | DeidentificationOption.RetainModifiedDates))
            reader.Report($"{Section}.options", null, "dates are kept either as they are or modified; choose one of retain-full-dates and retain-modified-dates");
        _ = Rule(reader, "", RuleDefaults);
        return new DeidentificationProfile
        {
            Options = chosen,
            SafePrivate = [.. safe.Select(PrivateAttribute.Parse).OfType<PrivateAttribute>()],
            PixelRules = [.. reader.Keys($"{Section}.rules").Select(name => Rule(reader, name, $"{Section}.rules.{name}"))],
        };
    }

    private static PixelRule Rule(SettingsReader reader, string name, string path)
    {
        string modality = reader.Text($"{path}.modality", "empty, or " + SettingsRules.CodeStringLegend,
            text => text.Length == 0 || SettingsRules.IsCodeString(text), $"{RuleDefaults}.modality");
        string manufacturer = reader.Text($"{path}.manufacturer", "text", _ => true, $"{RuleDefaults}.manufacturer");
        string model = reader.Text($"{path}.model", "text", _ => true, $"{RuleDefaults}.model");
        int rows = reader.Int($"{path}.rows", 0, 65535, $"{RuleDefaults}.rows"), columns = reader.Int($"{path}.columns", 0, 65535, $"{RuleDefaults}.columns");
        var blacken = reader.Texts($"{path}.blacken", "list of LEFT TOP WIDTH HEIGHT in pixels", text => PixelRegion.Parse(text) is not null,
            $"{RuleDefaults}.blacken");
        if (path != RuleDefaults && modality.Length + manufacturer.Length + model.Length + rows + columns == 0)
            reader.Report(path, null, "fits every image of every device; name at least the modality");
        return new PixelRule(name, modality, manufacturer, model, rows, columns, [.. blacken.Select(PixelRegion.Parse).OfType<PixelRegion>()]);
    }
}
