using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline quarantine list</c>.</summary>
internal static class QuarantineCommand
{
    public static Command Create(ListQuarantine list, Terminal terminal) =>
        new("quarantine", "Looks at received instances that wait for a person; the site may run or not, nothing is changed.") { List(list, terminal) };

    private static DocumentedCommand List(ListQuarantine list, Terminal terminal)
    {
        var json = new Option<string>("--json") { Description = "Also write the list as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("list",
            "Prints every instance in quarantine with the reason, and for each reason what to do about it.",
            """
            pipeline quarantine list --config hocon/site.conf
            pipeline quarantine list --data data/north-hospital --chain chest-xray --json quarantine.json
            """) { json };
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await list(site, options.Chain(parsed), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null, terminal, stop)
            : ExitCode.Usage);
        return command;
    }
}
