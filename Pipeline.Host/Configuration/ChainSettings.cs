using Pipeline.Actors.Privacy;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Configuration;

/// <summary>One chain of a site.</summary>
/// <param name="Name">Lower-case kebab; the name in the genesis.</param>
/// <param name="AeTitle">Called AE title under which its images arrive.</param>
/// <param name="Modality">Of eligible images; null = that of the genesis.</param>
/// <param name="GenesisFile">Absolute.</param>
/// <param name="LabelsFile">Absolute; null = images wait unlabelled.</param>
/// <param name="Journal"><c>sqlite</c> or <c>postgresql</c>.</param>
/// <param name="ConnectionString">Of a PostgreSQL journal, else null.</param>
/// <param name="ValidationShare">Of patients.</param>
/// <param name="TestShare">Of patients.</param>
/// <param name="Height">Rows of a sample where there is no genesis.</param>
/// <param name="Width">Columns of a sample where there is no genesis.</param>
/// <param name="Classes">Class names where there is no genesis.</param>
/// <param name="Scope">Which of the images sent to it belong to its task.</param>
public sealed record ChainSettings(
    string Name, string AeTitle, string? Modality, string GenesisFile, string? LabelsFile, string Journal, string? ConnectionString,
    double ValidationShare, double TestShare, int Height, int Width, IReadOnlyList<string> Classes,
    ChainScope Scope)
{
    /// <summary>What the site demands beyond the chain's differential privacy.</summary>
    public PrivacyLimits Limits { get; init; } = PrivacyLimits.None;

    private const string Defaults = "pipeline.chain-defaults";

    internal static IReadOnlyList<ChainSettings> CreateAll(SettingsReader reader, string dataDirectory, DicomSettings dicom)
    {
        // The defaults are checked even where no chain uses them.
        _ = Create(reader, "", Defaults, dataDirectory, dicom);
        var chains = new List<ChainSettings>();
        foreach (string name in reader.Keys("pipeline.chains"))
        {
            string path = $"pipeline.chains.{name}";
            if (!Genesis.IsChainName(name))
                reader.Report(path, null, "a chain's name is lower-case letters, digits and single hyphens, beginning with a letter, at most 64");
            else
                chains.Add(Create(reader, name, path, dataDirectory, dicom));
        }

        foreach (var group in chains.Where(chain => chain.AeTitle.Length > 0).GroupBy(chain => chain.AeTitle).Where(group => group.Count() > 1))
        {
            reader.Report($"pipeline.chains.{group.Last().Name}.ae-title", $"\"{group.Key}\"",
                $"the AE title is that of {string.Join(", ", group.SkipLast(1).Select(chain => $"'{chain.Name}'"))} too; give each chain its own");
        }

        return chains;
    }

    private static ChainSettings Create(SettingsReader reader, string name, string path, string dataDirectory, DicomSettings dicom)
    {
        string aeTitle = reader.Text($"{path}.ae-title", "empty, or " + SettingsRules.AeTitleLegend,
            text => text.Length == 0 || SettingsRules.IsAeTitle(text), $"{Defaults}.ae-title");
        string modality = reader.Text($"{path}.modality", "empty, or " + SettingsRules.CodeStringLegend,
            text => text.Length == 0 || SettingsRules.IsCodeString(text), $"{Defaults}.modality");
        string genesis = OptionalPath("genesis"), labels = OptionalPath("labels");
        string journal = reader.Choice($"{path}.journal", ["sqlite", "postgresql"], $"{Defaults}.journal");
        string connection = reader.Text($"{path}.connection-string", "text", _ => true, $"{Defaults}.connection-string");
        if (journal != "postgresql")
            connection = "";
        else if (connection.Length == 0 ? path != Defaults : !SettingsRules.IsConnectionString(connection))
            reader.Report($"{path}.connection-string", null, ConnectionStringRule(connection));
        double validation = reader.Fraction($"{path}.validation-share", 0.01, 0.5, $"{Defaults}.validation-share");
        double test = reader.Fraction($"{path}.test-share", 0, 0.5, $"{Defaults}.test-share");
        int height = reader.Int($"{path}.height", 8, 4096, $"{Defaults}.height"), width = reader.Int($"{path}.width", 8, 4096, $"{Defaults}.width");
        string classes = reader.Text(
            $"{path}.classes", "names separated by commas", text => Names(text).Length is >= 2 and <= 256, $"{Defaults}.classes");
        var scope = ChainScope.Create(reader, path, Defaults);
        if (labels.Length > 0 && scope.LabelAttribute is not null)
            reader.Report($"{path}.labels", null, "labels come from a file or from an attribute of the images; name one of labels and label-attribute");
        return new ChainSettings(
            name, aeTitle.Length == 0 ? dicom.AeTitle : aeTitle.Trim(), modality.Length == 0 ? null : modality,
            Path.GetFullPath(genesis.Length == 0 ? Path.Combine(dataDirectory, "chains", name, "genesis.cbor") : genesis),
            labels.Length == 0 ? null : Path.GetFullPath(labels), journal, connection.Length == 0 ? null : connection, validation, test, height, width,
            Names(classes), scope)
        {
            Limits = new PrivacyLimits(
                reader.Fraction($"{path}.privacy-max-epsilon", 0, 1000, $"{Defaults}.privacy-max-epsilon"),
                reader.Fraction($"{path}.privacy-min-noise", 0, 1000, $"{Defaults}.privacy-min-noise")),
        };

        // The value holds a password and is never shown.
        static string ConnectionStringRule(string text) => text.Length == 0
            ? "missing; a PostgreSQL journal needs it"
            : "is no connection string that names a server; write Host=…;Database=…;Username=…;Password=…";

        static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        string OptionalPath(string key) => reader.Text(
            $"{path}.{key}", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text), $"{Defaults}.{key}");
    }
}
