using System.CommandLine;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Configuration;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline config check FILE</c> and <c>pipeline config reference</c>.</summary>
internal static class ConfigCommand
{
    public static Command Create(Terminal terminal) =>
        new("config", "Looks at a site's configuration without running anything.") { Check(terminal), Reference(terminal) };

    /// <summary>Every mistake on a line of its own.</summary>
    public static void Complain(ConfigurationResult result, Terminal terminal)
    {
        foreach (var error in result.Errors)
            terminal.Complain(error.ToString());
        terminal.Complain(result.Errors.Count == 1 ? "1 mistake in the configuration" : $"{result.Errors.Count} mistakes in the configuration");
    }

    private static DocumentedCommand Check(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The site's HOCON file." };
        var command = new DocumentedCommand("check",
            "Checks a configuration file, with the environment on top, and prints what it amounts to.",
            """
            pipeline config check hocon/site.conf
            """) { file };
        command.SetAction(parsed =>
        {
            var result = SiteConfiguration.Load(parsed.GetRequiredValue(file));
            if (!result.IsValid)
            {
                Complain(result, terminal);
                return ExitCode.Usage;
            }

            Print(result.Configuration.Site, terminal.Out);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Reference(Terminal terminal)
    {
        var command = new Command("reference", "Prints every key with its meaning, legal values and default.");
        command.SetAction(_ =>
        {
            terminal.Out.Profile.Out.Writer.Write(SiteConfiguration.Reference);
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Ports(DicomServerSettings server)
    {
        string plain = server.Port switch { null => "no plain port", 0 => "any free port", { } port => $"{port}" };
        return server.Tls is { } tls ? $"{plain}, TLS {(tls.Port == 0 ? "any free port" : tls.Port)}" : plain;
    }

    private static void Print(SiteSettings site, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).HideHeaders().AddColumn("key").AddColumn("value");
        Row("site", site.Name);
        Row("data", site.DataDirectory);
        Row("roles", string.Join(", ", site.Roles));
        Row("DICOM", $"{site.Dicom.Server.Address}:{Ports(site.Dicom.Server)}, AE title {site.Dicom.AeTitle}");
        Row("gateway", !site.Gateway.Enabled ? "off" : (site.Gateway.Listen is { } at ? $"listens on {at}" : "does not listen") +
            $"; dials {site.Gateway.Peers.Count(p => p.Address is not null)} peers");
        Row("device", site.Trainer.Device);
        foreach (var chain in site.Chains)
            Row($"chain {chain.Name}", $"AE title {chain.AeTitle}, journal {chain.Journal}, genesis {chain.GenesisFile}");
        if (site.Chains.Count == 0)
            Row("chains", "none: the site answers C-ECHO and waits");
        console.Write(table);

        void Row(string key, string value) => table.AddRow(Markup.Escape(key), Markup.Escape(value));
    }
}
