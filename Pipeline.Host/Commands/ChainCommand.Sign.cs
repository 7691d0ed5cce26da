using System.CommandLine;
using Pipeline.Host.Ceremony;

namespace Pipeline.Host.Commands;

internal static partial class ChainCommand
{
    private static DocumentedCommand CreateSign(IChainCeremony ceremony, Terminal terminal)
    {
        var file = new Argument<string>("PROPOSAL") { Description = "As 'pipeline chain create' wrote it; the signature is added to the file." };
        var command = new DocumentedCommand("sign",
            "Signs a proposal with this site's member key, which is the institution's consent: read it first, by 'pipeline chain show'.",
            """
            pipeline chain sign chest-xray.proposal --config sites/north/site.conf
            """) { file };
        var site = CeremonyOptions.AddTo(command);
        command.SetAction((parsed, stop) => site.Site(parsed, terminal) is { } acting
            ? ceremony.SignAsync(parsed.GetRequiredValue(file), acting, terminal, stop)
            : Task.FromResult(ExitCode.Usage));
        return command;
    }
}
