using System.CommandLine;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

/// <summary>The options by which a command names the site whose key acts: <c>--config FILE</c>, or <c>--data DIR</c> with its passphrase.</summary>
internal sealed class CeremonyOptions
{
    private readonly Option<string> _config = new("--config", "-c") { Description = "The site's HOCON file.", HelpName = "FILE" };
    private readonly Option<string> _data = new("--data") { Description = "Instead: the site's data directory.", HelpName = "DIR" };
    private readonly Option<string> _passphrase = new("--passphrase-file")
    {
        Description = $"Opens the keys, where neither the configuration nor {Passphrase.Variable} does.",
        HelpName = "FILE",
    };

    private CeremonyOptions() { }

    /// <summary>Gives a command these options.</summary>
    public static CeremonyOptions AddTo(Command command)
    {
        var options = new CeremonyOptions();
        command.Options.Add(options._config);
        command.Options.Add(options._data);
        command.Options.Add(options._passphrase);
        command.Validators.Add(result =>
        {
            if (result.GetResult(options._config) is null == result.GetResult(options._data) is null)
                result.AddError("name the site by either --config FILE or --data DIR");
        });
        return options;
    }

    /// <returns>Null when the configuration has mistakes, which have been shown.</returns>
    /// <exception cref="CommandFailedException">There is no such folder.</exception>
    public CeremonySite? Site(ParseResult parsed, Terminal terminal)
    {
        string? passphrase = parsed.GetValue(_passphrase);
        if (parsed.GetValue(_data) is { } data)
            return new CeremonySite(SiteOptions.Existing(data), passphrase);
        var result = SiteConfiguration.Load(parsed.GetValue(_config));
        if (result.IsValid)
        {
            return new CeremonySite(SiteOptions.Existing(result.Configuration.Site.DataDirectory), passphrase ?? result.Configuration.Site.PassphraseFile)
            {
                ConfigurationFile = parsed.GetValue(_config),
            };
        }

        ConfigCommand.Complain(result, terminal);
        return null;
    }
}
