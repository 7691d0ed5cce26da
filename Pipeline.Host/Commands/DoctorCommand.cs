using System.CommandLine;
using Pipeline.Host.Doctor;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create(RunDoctor run, Terminal terminal)
    {
        var config = new Option<string>("--config", "-c") { Description = "The site's HOCON file; without one the machine alone is looked at.", HelpName = "FILE" };
        var json = new Option<string>("--json") { Description = "Also writes the findings there.", HelpName = "FILE" };
        var offline = new Option<bool>("--offline") { Description = "Asks no other member and no PACS." };
        var command = new DocumentedCommand("doctor",
            "Looks at libraries, GPU, clock, disk, keys, certificates, ports, chains, peers and PACS, and says how to mend what is wrong. Exit code 1 where something must be mended.",
            """
            pipeline doctor
            pipeline doctor --config hocon/site.conf --json doctor.json
            """) { config, json, offline };
        command.SetAction((parsed, stop) => run(new DoctorRequest(parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(offline)), terminal, stop));
        return command;
    }
}
