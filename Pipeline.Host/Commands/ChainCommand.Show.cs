using System.CommandLine;
using Pipeline.Host.Ceremony;

namespace Pipeline.Host.Commands;

internal static partial class ChainCommand
{
    private static DocumentedCommand CreateShow(IChainCeremony ceremony, Terminal terminal)
    {
        var file = new Argument<string>("PROPOSAL") { Description = "As 'pipeline chain create' wrote it, signed or not." };
        var command = new DocumentedCommand("show",
            "Shows what a proposal says and who has signed it, once everything in it is verified. Nothing is signed, and no key is needed.",
            """
            pipeline chain show chest-xray.proposal
            """) { file };
        command.SetAction((parsed, stop) => ceremony.ShowAsync(parsed.GetRequiredValue(file), terminal, stop));
        return command;
    }
}
