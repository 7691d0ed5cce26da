using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline patient erase</c>.</summary>
internal static class PatientCommand
{
    public static Command Create(ErasePatient erase, Terminal terminal)
    {
        var patient = new Argument<string>("PATIENT_ID") { Description = "As in Patient ID (0010,0020); - reads it from standard input." };
        var reason = new Option<string>("--reason") { Description = "Why; goes into the audit log.", HelpName = "TEXT", Required = true };
        var command = new DocumentedCommand("erase",
            "Deletes everything the site holds of a patient: samples, instances in quarantine and spool, labels. Models already trained stay.",
            """
            pipeline patient erase 4711 --reason "consent withdrawn" --config hocon/site.conf
            """) { patient, reason };
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            if (options.Site(parsed, terminal) is not { } site)
                return ExitCode.Usage;
            string id = parsed.GetRequiredValue(patient);
            if (id == "-")
                id = (await Console.In.ReadLineAsync(stop))?.Trim() ?? "";
            return id.Length == 0
                ? throw new CommandFailedException("no patient id was given") { ExitCode = ExitCode.Usage }
                : await erase(site, id, parsed.GetRequiredValue(reason), terminal, stop);
        });
        return new Command("patient", "What the site holds of one patient.") { command };
    }
}
