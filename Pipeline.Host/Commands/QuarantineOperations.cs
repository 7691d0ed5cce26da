using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Ingest.Storage;
using Spectre.Console;
using Why = Pipeline.Actors.Ingest.Stages.InstanceOutcome.Why;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline quarantine</c> does: reads the notes beside the instances alone.</summary>
internal static class QuarantineOperations
{
    private const string Copy = "send a mended copy under a new SOP Instance UID (cp FILE copy.dcm; dcmodify -nb -gin copy.dcm; storescu … copy.dcm)";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Task<int> ListAsync(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        (QuarantinedInstance Instance, string File)[] held;
        try
        {
            held = [.. Quarantine.List(site.DataDirectory).Where(h => chain is null || h.Instance.Chain == chain)];
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException(e.Message, e);
        }

        // "Nothing waits" about the wrong folder would be believed. Whatever ran there has a spool.
        if (held.Length == 0 && !Directory.Exists(Path.Combine(site.DataDirectory, "spool")) && !Quarantine.Exists(site.DataDirectory))
            throw new CommandFailedException($"no site kept images below '{site.DataDirectory}'; is it the data directory of a site that ran?");

        var table = new Table().Border(TableBorder.Simple).AddColumns("Chain", "Reason", "Received (UTC)", "Source", "Found", "File");
        foreach (var (instance, file) in held)
        {
            table.AddRow(
                new Text(instance.Chain ?? "none"), new Text(instance.Reason),
                new Text(instance.Received.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)), new Text(instance.Source ?? "not known"),
                new Text(instance.Detail), new Text(Path.GetRelativePath(site.DataDirectory, file)));
        }

        if (held.Length > 0)
            terminal.Out.Write(table);
        foreach (string reason in held.Select(h => h.Instance.Reason).Distinct().Order(StringComparer.Ordinal))
            terminal.Out.WriteLine($"{reason}: {Mend(reason)}");
        terminal.Out.WriteLine(held.Length == 1 ? "1 instance in quarantine" : $"{held.Length} instances in quarantine");
        if (jsonFile is not null)
        {
            File.WriteAllText(jsonFile, JsonSerializer.Serialize(held.Select(h => new
            {
                h.Instance.Chain,
                h.Instance.Reason,
                h.Instance.Detail,
                h.Instance.Received,
                h.Instance.Source,
                Instance = h.Instance.Sequence,
                h.Instance.Bytes,
                h.File,
            }), Json));
        }

        return ExitCode.Ok;
    }, stop);

    /// <summary>What a person can do. The files are originals with identities: they stay where they are until someone has decided.</summary>
    private static string Mend(string reason) => reason switch
    {
        Why.BurnedIn => "look whether names stand in the pixels; only where the modality is not US, SC, XA, RF, IVUS or ES, mask them, set Burned In "
            + $"Annotation (0028,0301) to NO and {Copy}",
        Why.Corrupt or Why.Undecodable => $"look with dcmdump; have the sender send it uncompressed and whole, or {Copy}",
        Why.Conflict => $"two images came under one SOP Instance UID and the first is kept; if this one is the right one, {Copy}",
        Why.NoIdentity => $"set Patient ID (0010,0020), without which the split by patient does not hold, and {Copy}",
        Why.NoRoute => $"no chain had this AE title any more; configure it again (pipeline.chains.NAME.ae-title) and {Copy}",
        Why.TooLarge => $"if it belongs to the task, have the sender split or compress it, or {Copy}",
        Why.Constant or Why.TooSmall => "there is nothing in it to learn from; nothing needs to be done",
        Why.Failed => "a mistake of this program: keep the file and report the line of the log that names its number",
        _ => "look with dcmdump",
    };
}
