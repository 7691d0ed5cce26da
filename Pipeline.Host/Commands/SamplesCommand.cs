using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline samples list</c> and <c>pipeline samples export</c>.</summary>
internal static class SamplesCommand
{
    public static Command Create(ListSamples? list, ExportSamples? export, Terminal terminal)
    {
        var command = new Command("samples", "Looks at what came into a site's sample store; the site may run or not, nothing is changed.");
        if (list is not null)
            command.Subcommands.Add(List(list, terminal));
        if (export is not null)
            command.Subcommands.Add(Export(export, terminal));
        return command;
    }

    private static DocumentedCommand List(ListSamples list, Terminal terminal)
    {
        var json = new Option<string>("--json") { Description = "Also write the samples as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("list",
            "Prints every sample, labelled or waiting for its label, and what became of everything else that was received.",
            """
            pipeline samples list --config hocon/site.conf
            pipeline samples list --data data/north-hospital --chain chest-xray --json samples.json
            """) { json };
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await list(site, options.Chain(parsed), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null, terminal, stop)
            : ExitCode.Usage);
        return command;
    }

    private static DocumentedCommand Export(ExportSamples export, Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "A sample's id, or its first digits.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Every sample instead of one." };
        var to = new Option<string>("--to") { Description = "Folder to write to; made when absent.", HelpName = "DIR", Required = true };
        var command = new DocumentedCommand("export",
            "Writes samples as training sees them: DIR/CHAIN/ID.pgm (16-bit PGM, lossless) and beside it ID.json (label, split, shape, SHA-256).",
            """
            pipeline samples export 3fa9c2 --to look --config hocon/site.conf
            pipeline samples export --all --to look --data data/north-hospital --chain chest-xray
            """) { id, all, to };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetResult(id)?.Tokens.Count > 0))
                result.AddError("name one sample by its ID, or all of them by --all");
        });
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await export(site, options.Chain(parsed), parsed.GetValue(id), Path.GetFullPath(parsed.GetRequiredValue(to)), terminal, stop)
            : ExitCode.Usage);
        return command;
    }
}
