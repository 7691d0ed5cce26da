using System.CommandLine;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(RunStatus run, Terminal terminal)
    {
        var config = new Option<string>("--config", "-c") { Description = "The HOCON file of a site that runs on this machine.", HelpName = "FILE" };
        var data = new Option<string>("--data") { Description = "Instead: its data directory.", HelpName = "DIR" };
        var address = new Option<string>("--url") { Description = "Instead: the status port of a site anywhere.", HelpName = "URL" };
        var token = new Option<string>("--token-file") { Description = "Holds the token of that port (pipeline.status.token-file).", HelpName = "FILE" };
        var json = new Option<string>("--json") { Description = "Also writes the status there.", HelpName = "FILE" };
        var command = new DocumentedCommand("status",
            "Asks a running site how it is: images, chains, rounds, peers, quarantine. Exit code 1 where it is not ready.",
            """
            pipeline status --config hocon/site.conf
            pipeline status --url http://127.0.0.1:9180 --token-file data/north-hospital/keys/status.token --json status.json
            """) { config, data, address, token, json };
        command.Validators.Add(result =>
        {
            if (new Option[] { config, data, address }.Count(option => result.GetResult(option) is not null) != 1)
                result.AddError("name the site by one of --config FILE, --data DIR and --url URL");
            else if (result.GetResult(address) is not null && (!Uri.TryCreate(result.GetValue(address), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
                result.AddError("--url takes http://host:port or https://host:port");
            else if (result.GetResult(address) is not null != result.GetResult(token) is not null)
                result.AddError("--url and --token-file belong together");
        });
        command.SetAction(async (parsed, stop) =>
        {
            string? folder = parsed.GetValue(data);
            if (parsed.GetValue(config) is { } file)
            {
                var result = SiteConfiguration.Load(file);
                if (!result.IsValid)
                {
                    ConfigCommand.Complain(result, terminal);
                    return ExitCode.Usage;
                }

                folder = result.Configuration.Site.DataDirectory;
            }

            var at = parsed.GetValue(address) is { } url ? new Uri(url) : null;
            return await run(new StatusRequest(folder is null ? null : Path.GetFullPath(folder), at, parsed.GetValue(token), parsed.GetValue(json)), terminal, stop);
        });
        return command;
    }
}
