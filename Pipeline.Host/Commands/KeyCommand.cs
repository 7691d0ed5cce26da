using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline key</c>.</summary>
internal static class KeyCommand
{
    public static Command Create(ChangePassphrase change, Terminal terminal) =>
        new("key", "The site's own keys as they lie on the disk.") { CreatePassphrase(change, terminal) };

    private static DocumentedCommand CreatePassphrase(ChangePassphrase change, Terminal terminal)
    {
        var to = new Option<string>("--new-passphrase-file") { Description = "Its first line is the new passphrase.", HelpName = "FILE", Required = true };
        var command = new DocumentedCommand("passphrase",
            "Encrypts the site's keys under another passphrase; the keys stay the same. The site must not run. After an interruption run it again.",
            """
            pipeline key passphrase --config sites/north/site.conf --new-passphrase-file north.new
            pipeline key passphrase --data sites/north --passphrase-file north.pass --new-passphrase-file north.new
            """) { to };
        var site = CeremonyOptions.AddTo(command);
        command.SetAction((parsed, stop) => site.Site(parsed, terminal) is { } acting
            ? change(acting, Path.GetFullPath(parsed.GetRequiredValue(to)), terminal, stop)
            : Task.FromResult(ExitCode.Usage));
        return command;
    }
}
