using System.CommandLine;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

internal static partial class ChainCommand
{
    private static DocumentedCommand CreateJoin(IChainCeremony ceremony, Terminal terminal)
    {
        var files = new Argument<string[]>("PROPOSAL") { Description = "Signed by all members; several, where they signed copies of it.", Arity = ArgumentArity.OneOrMore };
        var title = new Option<string>("--ae-title") { Description = "Under which its images arrive; without one the chain's name in upper case.", HelpName = "TITLE" };
        var labels = new Option<string>("--labels") { Description = "A CSV file that joins labels to images.", HelpName = "FILE" };
        var command = new DocumentedCommand("join",
            "Verifies every member's signature, installs the genesis and the first weights, and writes the chain's part of the configuration.",
            """
            pipeline chain join chest-xray.proposal --config sites/north/site.conf --ae-title CHEST --labels labels.csv
            """) { files, title, labels };
        var site = CeremonyOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(title) is { } given && !SettingsRules.IsAeTitle(given))
                result.AddError($"--ae-title '{given}': must be an {SettingsRules.AeTitleLegend}");
        });
        command.SetAction((parsed, stop) => site.Site(parsed, terminal) is { } acting
            ? ceremony.JoinAsync(parsed.GetRequiredValue(files), acting, parsed.GetValue(title), parsed.GetValue(labels), terminal, stop)
            : Task.FromResult(ExitCode.Usage));
        return command;
    }
}
