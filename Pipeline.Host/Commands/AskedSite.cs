using System.CommandLine;
using Pipeline.Host.Control;

namespace Pipeline.Host.Commands;

/// <summary>The running site that is asked: <c>--data DIR</c> or <c>--config FILE</c>; <c>data</c> without either.</summary>
internal sealed class AskedSite
{
    private readonly Option<string> _data = new("--data") { Description = "The data directory of the site; 'data' without one.", HelpName = "DIR" };
    private readonly Option<string> _config = new("--config", "-c") { Description = "Instead: the site's HOCON file.", HelpName = "FILE" };

    public static AskedSite AddTo(Command command)
    {
        var site = new AskedSite();
        command.Options.Add(site._data);
        command.Options.Add(site._config);
        command.Validators.Add(result =>
        {
            if (result.GetResult(site._config) is not null && result.GetResult(site._data) is not null)
                result.AddError("name the site by either --config FILE or --data DIR");
        });
        return site;
    }

    /// <returns>Null when the configuration has mistakes, which have been shown.</returns>
    /// <exception cref="CommandFailedException">There is no such folder.</exception>
    public string? Directory(ParseResult parsed, Terminal terminal)
    {
        if (SiteOptions.Configuration(parsed.GetValue(_config), terminal, out bool wrong) is { } configuration && !wrong)
            return SiteOptions.Existing(configuration.Site.DataDirectory);
        return wrong ? null : SiteOptions.Existing(parsed.GetValue(_data) ?? "data");
    }

    /// <summary>Asks the site and prints what it answers.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandFailedException">No site runs there.</exception>
    public async Task<int> AskAsync(ParseResult parsed, ControlRequest request, Terminal terminal, CancellationToken stop)
    {
        if (Directory(parsed, terminal) is not { } data)
            return ExitCode.Usage;
        var response = await ControlClient.AskAsync(data, request, stop);
        foreach (string line in response.Lines)
        {
            if (response.Done)
                terminal.Out.Profile.Out.Writer.WriteLine(line);
            else
                terminal.Complain(line);
        }

        return response.Done ? ExitCode.Ok : ExitCode.Failed;
    }
}
