using System.Security.Cryptography;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline patient</c> does.</summary>
internal static class PatientOperations
{
    public static async Task<int> EraseAsync(SiteFolder site, string patientId, string reason, Terminal terminal, CancellationToken stop)
    {
        foreach (string line in await RequestDesk.LeaveAsync(site.DataDirectory, [Request(KeyOf(site), patientId, reason)], stop).ConfigureAwait(false))
            terminal.Out.WriteLine(line);
        terminal.Out.WriteLine("Rows of this patient in label files are not this program's to delete: remove them there.");
        return ExitCode.Ok;
    }

    /// <param name="key">Of the site: another would name nobody.</param>
    /// <param name="by">The person's account where that is null.</param>
    public static OperatorRequest Request(SiteKey key, string patientId, string reason, string? by = null) =>
        RequestDesk.New(OperatorAction.Erase, null, -1, key.Pseudonym(PseudonymKind.Patient, patientId), reason, by);

    /// <exception cref="CommandFailedException">The site has no key, or it cannot be opened, so the patient's pseudonym is not known.</exception>
    private static SiteKey KeyOf(SiteFolder site)
    {
        var file = KeyFile.Site(site.DataDirectory);
        // A key drawn now would name nobody.
        if (!file.Exists)
            throw new CommandFailedException($"there is no site key below '{site.DataDirectory}', so the patient's pseudonym is not known");
        try
        {
            byte[] secret = file.Open(Passphrase.Find(site.PassphraseFile));
            var key = new SiteKey(secret);
            CryptographicOperations.ZeroMemory(secret);
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{e.Message.TrimEnd('.')}; without it the patient's pseudonym is not known", e);
        }
    }
}
