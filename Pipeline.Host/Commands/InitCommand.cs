using System.CommandLine;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline init</c>.</summary>
internal static class InitCommand
{
    public static Command Create(InitSite init, Terminal terminal)
    {
        var site = new Argument<string?>("SITE") { Description = "The institution's name on its chains: lower-case letters, digits, hyphens.", Arity = ArgumentArity.ZeroOrOne };
        var data = new Option<string>("--data") { Description = "The site's data directory; made when absent.", HelpName = "DIR" };
        var gateway = new Option<string>("--gateway") { Description = "Where the other members can dial this site. Without one it only dials them.", HelpName = "HOST:PORT" };
        var listen = new Option<string>("--listen") { Description = "Address to listen on, where it is not 0.0.0.0 with the port of --gateway.", HelpName = "IP:PORT" };
        var dicom = new Option<int>("--dicom-port") { Description = "Port of the storage SCP.", HelpName = "PORT", DefaultValueFactory = _ => 11112 };
        var passphrase = new Option<string>("--passphrase-file") { Description = $"Its first line encrypts the keys; without one the variable {Passphrase.Variable} does.", HelpName = "FILE" };
        var ca = new Option<string>("--ca") { Description = "A private CA that issues the TLS certificate; without one it is self-signed.", HelpName = "DIR" };
        var caPassphrase = new Option<string>("--ca-passphrase-file") { Description = "Opens the private CA, where its passphrase is another.", HelpName = "FILE" };
        var trialCa = new Option<string>("--trial-ca") { Description = "Instead: makes a private CA for trials in this folder.", HelpName = "DIR" };
        var command = new DocumentedCommand("init",
            "Makes what an institution has before it joins a chain: encrypted keys, a TLS certificate with its request, a member card for the others, and a configuration. Nothing that exists is replaced.",
            """
            pipeline init north --data sites/north --gateway north.example:7443 --passphrase-file north.pass
            pipeline init --trial-ca trial-ca --passphrase-file ca.pass
            """) { site, data, gateway, listen, dicom, passphrase, ca, caPassphrase, trialCa };
        command.Validators.Add(result =>
        {
            string? name = result.GetValue(site);
            if (name is null == (result.GetResult(trialCa) is null))
                result.AddError("name either a SITE or --trial-ca DIR");
            if (name is not null && !Genesis.IsChainName(name))
                result.AddError($"'{name}' is no name: lower-case letters, digits and single hyphens, beginning with a letter, at most 64");
            if (name is not null && result.GetResult(data) is null)
                result.AddError("--data DIR is missing");
            if (result.GetValue(gateway) is { } address && !SettingsRules.IsHostAndPort(address))
                result.AddError($"--gateway {address}: must be HOST:PORT");
            if (result.GetValue(listen) is { } endPoint && !SettingsRules.IsEndPoint(endPoint))
                result.AddError($"--listen {endPoint}: must be an IP address and a port");
            if (result.Errors.Any() || result.GetValue(dicom) is >= 0 and <= 65535)
                return;
            result.AddError("--dicom-port: must be 0 … 65535");
        });
        command.SetAction((parsed, stop) =>
        {
            string reachable = parsed.GetValue(gateway) ?? "";
            return init(
                new InitRequest(
                    parsed.GetValue(site), Full(parsed.GetValue(data)), reachable,
                    parsed.GetValue(listen) ?? (reachable.Length == 0 ? null : $"0.0.0.0:{new Uri("tcp://" + reachable).Port}"), parsed.GetValue(dicom),
                    Full(parsed.GetValue(passphrase)), Full(parsed.GetValue(trialCa) ?? parsed.GetValue(ca)), Full(parsed.GetValue(caPassphrase))),
                terminal, stop);
        });
        return command;
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
