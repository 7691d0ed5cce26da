using System.CommandLine;
using Pipeline.Actors.Ingest.Deidentification;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline deid</c>.</summary>
internal static class DeidCommand
{
    public static Command Create(RunDeid run, Terminal terminal)
    {
        var path = new Argument<string>("PATH") { Description = "A DICOM file, or a folder of them." };
        var to = new Option<string>("--out") { Description = "Folder to write to; made when absent.", HelpName = "DIR", Required = true };
        var profile = new Option<string>("--profile")
        {
            Description = "Options of the Basic Profile, separated by commas: " + string.Join(", ", DeidentificationOptions.Names) + ".",
            HelpName = "OPTIONS",
        };
        var config = new Option<string>("--config", "-c")
        {
            Description = "A site's HOCON file: its key, its options and its rules for text in pixels. Without it a key is drawn and forgotten.",
            HelpName = "FILE",
        };
        var json = new Option<string>("--json") { Description = "Also write what was changed in each file as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("deid",
            "De-identifies DICOM files by PS3.15 annex E. Files that may hold text in their pixels are set aside, not written.",
            """
            pipeline deid images --out clean
            pipeline deid images --out clean --profile clean-pixel-data,retain-modified-dates --json report.json
            pipeline deid images --out clean --config hocon/site.conf      pseudonyms as in the site's samples
            """) { path, to, profile, config, json };
        command.Validators.Add(result =>
        {
            foreach (string name in Names(result.GetValue(profile)).Where(name => DeidentificationOptions.Parse(name) is null))
                result.AddError($"there is no option '{name}'; the options are {string.Join(", ", DeidentificationOptions.Names)}");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var site = SiteOptions.Configuration(parsed.GetValue(config), terminal, out bool wrong);
            if (wrong)
                return ExitCode.Usage;
            var rules = site?.Site.Deidentification ?? new DeidentificationProfile();
            if (parsed.GetValue(profile) is { } chosen)
                rules = rules with { Options = Names(chosen).Aggregate(DeidentificationOption.None, (all, name) => all | DeidentificationOptions.Parse(name)!.Value) };
            return await run(
                new DeidRequest(
                    Path.GetFullPath(parsed.GetRequiredValue(path)), Path.GetFullPath(parsed.GetRequiredValue(to)), rules, site?.Site.DataDirectory,
                    parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
                terminal, stop);
        });
        return command;
    }

    private static string[] Names(string? text) =>
        (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
