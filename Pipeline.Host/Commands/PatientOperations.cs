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
        foreach (string line in await RequestDesk.LeaveAsync(site.DataDirectory, [Request(site.DataDirectory, patientId, reason)], stop).ConfigureAwait(false))
            terminal.Out.WriteLine(line);
        terminal.Out.WriteLine("Rows of this patient in label files are not this program's to delete: remove them there.");
        return ExitCode.Ok;
    }

    /// <param name="by">The person's account where that is null.</param>
    /// <exception cref="CommandFailedException">The site has no key, so the patient's pseudonym is not known.</exception>
    public static OperatorRequest Request(string dataDirectory, string patientId, string reason, string? by = null)
    {
        // A key drawn now would name nobody.
        if (!File.Exists(Path.Combine(dataDirectory, "keys", "site.key")))
            throw new CommandFailedException($"there is no site key below '{dataDirectory}', so the patient's pseudonym is not known");
        using var identity = SiteIdentity.LoadOrCreate(dataDirectory);
        return RequestDesk.New(OperatorAction.Erase, null, -1, identity.SiteKey.Pseudonym(PseudonymKind.Patient, patientId), reason, by);
    }
}
