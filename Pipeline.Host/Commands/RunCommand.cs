using System.CommandLine;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline run --config FILE</c>.</summary>
internal static class RunCommand
{
    public static Command Create(RunSite run, Terminal terminal)
    {
        var config = new Option<string>("--config", "-c")
        {
            Description = "The site's HOCON file. Without one, environment variables PIPELINE__… must name everything required.",
            HelpName = "FILE",
        };
        var command = new DocumentedCommand("run",
            "Runs one hospital's site until Ctrl-C or SIGTERM.",
            """
            pipeline run --config hocon/site.conf
            PIPELINE__DICOM__PORT=0 pipeline run --config hocon/site.conf
            """) { config };
        command.SetAction(async (parsed, stop) =>
        {
            var result = SiteConfiguration.Load(parsed.GetValue(config));
            if (result.IsValid)
                return await run(result.Configuration, terminal, stop);
            ConfigCommand.Complain(result, terminal);
            if (parsed.GetValue(config) is null)
                terminal.Complain("no file was given: pipeline run --config FILE");
            return ExitCode.Usage;
        });
        return command;
    }
}
