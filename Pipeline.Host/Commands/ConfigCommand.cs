using System.CommandLine;
using System.Text.Json;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline config check|show|diff FILE</c>, <c>pipeline config reload</c> and <c>pipeline config reference</c>.</summary>
internal static class ConfigCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create(Terminal terminal) =>
        new("config", "Looks at a site's configuration, and has a running site read it again.") { Check(terminal), Show(terminal), Diff(terminal), Reload(terminal), Reference(terminal) };

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

    private static DocumentedCommand Show(Terminal terminal)
    {
        var file = new Argument<string?>("FILE") { Description = "The site's HOCON file; without one the environment alone.", Arity = ArgumentArity.ZeroOrOne };
        var changed = new Option<bool>("--changed") { Description = "Only what does not come from the reference." };
        var json = new Option<string>("--json") { Description = "Also writes the values there.", HelpName = "FILE" };
        var command = new DocumentedCommand("show",
            "Prints every value in force and where it comes from, as HOCON, with 'live' where a running site takes a change on. Secrets are hidden.",
            """
            pipeline config show hocon/site.conf --changed
            PIPELINE__DICOM__PORT=104 pipeline config show hocon/site.conf
            """) { file, changed, json };
        command.SetAction(parsed =>
        {
            var (result, values) = SiteSettingsListing.Read(parsed.GetValue(file));
            if (!result.IsValid)
            {
                Complain(result, terminal);
                return ExitCode.Usage;
            }

            if (parsed.GetValue(json) is { } to)
                File.WriteAllText(to, JsonSerializer.Serialize(values, Json));
            EffectiveValue[] shown = [.. values.Where(value => value.Changed || !parsed.GetValue(changed))];
            int width = shown.Select(value => value.ToString().Length).DefaultIfEmpty().Max();
            foreach (var value in shown)
                terminal.Out.Profile.Out.Writer.WriteLine($"{value.ToString().PadRight(Math.Min(width, 64))}  # {value.Place}{(value.Live ? "; live" : "")}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static DocumentedCommand Diff(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A site's HOCON file." };
        var other = new Argument<string?>("OTHER") { Description = "Another one; without it the defaults, next to which FILE is put.", Arity = ArgumentArity.ZeroOrOne };
        var command = new DocumentedCommand("diff",
            "Prints the values in which two configurations differ, or one from the defaults. The environment is not looked at.",
            """
            pipeline config diff hocon/site.conf
            pipeline config diff old.conf new.conf
            """) { file, other };
        command.SetAction(parsed =>
        {
            var environment = new Dictionary<string, string>();
            var (left, before) = SiteSettingsListing.Read(parsed.GetRequiredValue(file), environment);
            (ConfigurationResult? right, IReadOnlyList<EffectiveValue> after) = parsed.GetValue(other) is { } second ? SiteSettingsListing.Read(second, environment) : (null, []);
            foreach (var wrong in new[] { left, right }.OfType<ConfigurationResult>().Where(result => !result.IsValid))
                Complain(wrong, terminal);
            if (!left.IsValid || right is { IsValid: false })
                return ExitCode.Usage;
            var differences = right is null
                ? before.Where(value => value.Changed).Select(value => ((EffectiveValue?)null, (EffectiveValue?)value))
                : SiteSettingsListing.Differences(before, after);
            var writer = terminal.Out.Profile.Out.Writer;
            foreach (var (from, to) in differences)
            {
                if (from is not null)
                    writer.WriteLine($"- {from}  # {from.Place}");
                if (to is not null)
                    writer.WriteLine($"+ {to}  # {to.Place}");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static DocumentedCommand Reload(Terminal terminal)
    {
        var command = new DocumentedCommand("reload",
            "Has the running site read its configuration again, as SIGHUP does: it takes on what may change while it runs and names what needs a restart. Mistakes change nothing.",
            """
            pipeline config reload --config hocon/site.conf
            pipeline config reload --data data/north-hospital
            """);
        var site = AskedSite.AddTo(command);
        command.SetAction((parsed, stop) => site.AskAsync(parsed, new ControlRequest(SiteReload.Verb, null, []), terminal, stop));
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
