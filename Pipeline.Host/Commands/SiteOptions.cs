using System.CommandLine;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

/// <summary>The options by which a command names the site it looks at: <c>--config FILE</c> or <c>--data DIR</c>, and a chain of it.</summary>
internal sealed class SiteOptions
{
    private readonly Option<string> _config = new("--config", "-c") { Description = "The site's HOCON file.", HelpName = "FILE" };
    private readonly Option<string> _data = new("--data") { Description = "Instead: the site's data directory.", HelpName = "DIR" };
    private readonly Option<string> _chain = new("--chain") { Description = "Only this chain.", HelpName = "CHAIN" };

    private SiteOptions() { }

    /// <summary>Gives a command these options.</summary>
    public static SiteOptions AddTo(Command command)
    {
        var options = new SiteOptions();
        command.Options.Add(options._config);
        command.Options.Add(options._data);
        command.Options.Add(options._chain);
        command.Validators.Add(result =>
        {
            if (result.GetResult(options._config) is null == result.GetResult(options._data) is null)
                result.AddError("name the site by either --config FILE or --data DIR");
        });
        return options;
    }

    public string? Chain(ParseResult parsed) => parsed.GetValue(_chain);

    /// <returns>Null when the configuration has mistakes, which have been shown.</returns>
    /// <exception cref="CommandFailedException">There is no such folder.</exception>
    public SiteFolder? Site(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(_data) is { } data)
            return SiteFolder.Of(Existing(data));
        var result = SiteConfiguration.Load(parsed.GetValue(_config));
        if (result.IsValid)
            return SiteFolder.Of(Existing(result.Configuration.Site.DataDirectory), result.Configuration.Site);
        ConfigCommand.Complain(result, terminal);
        return null;
    }

    /// <summary>A configuration that may be left out: null without a file, and where it has mistakes, which have been shown.</summary>
    public static SiteConfiguration? Configuration(string? file, Terminal terminal, out bool wrong)
    {
        wrong = false;
        if (file is null)
            return null;
        var result = SiteConfiguration.Load(file);
        wrong = !result.IsValid;
        if (wrong)
            ConfigCommand.Complain(result, terminal);
        return result.Configuration;
    }

    /// <summary>The folder's full path.</summary>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public static string Existing(string directory) => Directory.Exists(directory)
        ? Path.GetFullPath(directory)
        : throw new CommandFailedException($"there is no folder '{directory}'; the site's data directory is named by --data DIR or by data-directory in its HOCON file") { ExitCode = ExitCode.Usage };
}
