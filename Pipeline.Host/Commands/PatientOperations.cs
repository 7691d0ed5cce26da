using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline patient</c> does.</summary>
internal static class PatientOperations
{
    public static async Task<int> EraseAsync(SiteFolder site, string patientId, string reason, Terminal terminal, CancellationToken stop)
    {
        // A key drawn now would name nobody.
        if (!File.Exists(Path.Combine(site.DataDirectory, "keys", "site.key")))
            throw new CommandFailedException($"there is no site key below '{site.DataDirectory}', so the patient's pseudonym is not known");
        using var identity = SiteIdentity.LoadOrCreate(site.DataDirectory);
        string pseudonym = identity.SiteKey.Pseudonym(PseudonymKind.Patient, patientId);
        await RequestDesk.LeaveAsync(site.DataDirectory, [RequestDesk.New(OperatorAction.Erase, null, -1, pseudonym, reason)], terminal, stop).ConfigureAwait(false);
        terminal.Out.WriteLine("Rows of this patient in label files are not this program's to delete: remove them there.");
        return ExitCode.Ok;
    }
}
