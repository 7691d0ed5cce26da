using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Actors.Ingest.Storage;
using Spectre.Console;
using Why = Pipeline.Actors.Ingest.Stages.InstanceOutcome.Why;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline quarantine</c> does: reads the notes beside the instances, and leaves decisions for the site.</summary>
internal sealed class QuarantineOperations : IQuarantineOperations
{
    private const string Copy = "send a mended copy under a new SOP Instance UID (cp FILE copy.dcm; dcmodify -nb -gin copy.dcm; storescu … copy.dcm)";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public Task<int> ListAsync(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var held = Held(site, chain);

        // "Nothing waits" about the wrong folder would be believed. Whatever ran there has a spool.
        if (held.Length == 0 && !Directory.Exists(Path.Combine(site.DataDirectory, "spool")) && !Quarantine.Exists(site.DataDirectory))
            throw new CommandFailedException($"no site kept images below '{site.DataDirectory}'; is it the data directory of a site that ran?");

        var table = new Table().Border(TableBorder.Simple).AddColumns("Instance", "Chain", "Reason", "Received (UTC)", "Source", "Found", "File");
        foreach (var (instance, file) in held)
        {
            table.AddRow(
                new Text(Number(instance.Sequence)), new Text(instance.Chain ?? "none"), new Text(instance.Reason),
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

    public Task<int> ShowAsync(SiteFolder site, string? chain, long instance, string? to, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var (held, file) = One(site, chain, instance);
        var table = new Table().Border(TableBorder.Simple).HideHeaders().AddColumns("key", "value");
        foreach (var (key, value) in new[]
        {
            ("instance", Number(held.Sequence)), ("chain", held.Chain ?? "none"), ("reason", held.Reason), ("found", held.Detail),
            ("received (UTC)", held.Received.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
            ("source", held.Source ?? "not known"), ("sent to", held.Called ?? "not known"),
            ("bytes", held.Bytes.ToString(CultureInfo.InvariantCulture)), ("file", Path.GetRelativePath(site.DataDirectory, file)),
        })
        {
            table.AddRow(new Text(key), new Text(value));
        }

        terminal.Out.Write(table);
        terminal.Out.WriteLine($"{held.Reason}: {Mend(held.Reason)}");
        if (to is not null)
        {
            var disk = new DiskFileSystem();
            disk.Replace(to, new Quarantine(site.DataDirectory, disk, site.Keys).Original(held));
            terminal.Out.WriteLine($"the original is in {to}; it identifies the patient, delete it when you have looked");
        }

        return ExitCode.Ok;
    }, stop);

    public async Task<int> DecideAsync(
        SiteFolder site, OperatorAction action, string? chain, IReadOnlyList<long> instances, string? heldFor, string reason, Terminal terminal,
        CancellationToken stop)
    {
        var requests = Choose(site, chain, instances, heldFor).Select(held => RequestDesk.New(action, held.Chain, held.Sequence, "", reason));
        foreach (string line in await RequestDesk.LeaveAsync(site.DataDirectory, [.. requests], stop).ConfigureAwait(false))
            terminal.Out.WriteLine(line);
        return ExitCode.Ok;
    }

    /// <summary>The instances named, or all that are held for a reason.</summary>
    /// <exception cref="CommandFailedException">One is not in quarantine, or none is.</exception>
    public static IReadOnlyList<QuarantinedInstance> Choose(SiteFolder site, string? chain, IReadOnlyList<long> instances, string? heldFor)
    {
        QuarantinedInstance[] chosen = heldFor is null
            ? [.. instances.Select(instance => One(site, chain, instance).Instance)]
            : [.. Held(site, chain).Where(h => h.Instance.Reason == heldFor).Select(h => h.Instance)];
        return chosen.Length > 0 ? chosen : throw new CommandFailedException(
            (heldFor is null ? "no instance is named" : $"nothing is held for '{heldFor}'") + "; 'pipeline quarantine list' shows what is");
    }

    private static (QuarantinedInstance Instance, string File)[] Held(SiteFolder site, string? chain)
    {
        try
        {
            return [.. Quarantine.List(site.DataDirectory).Where(h => chain is null || h.Instance.Chain == chain)];
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static (QuarantinedInstance Instance, string File) One(SiteFolder site, string? chain, long instance)
    {
        var found = Held(site, chain).Where(h => h.Instance.Sequence == instance).ToArray();
        return found.Length > 0 ? found[0] : throw new CommandFailedException($"instance {instance} is not in quarantine; 'pipeline quarantine list' shows what is");
    }

    private static string Number(long sequence) => sequence.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a person can do. The originals have identities: they stay where they are until someone has decided.</summary>
    private static string Mend(string reason) => reason switch
    {
        Why.BurnedIn => "look at it ('show INSTANCE --to FILE'); where no name stands in the pixels, 'release' it, else 'drop' it. A rule under "
            + "pipeline.deidentification.rules admits such images from then on, blackened where it says",
        Why.Corrupt or Why.Undecodable => $"look with dcmdump; have the sender send it uncompressed and whole, or {Copy}",
        Why.Conflict => "two images came under one SOP Instance UID and the first is kept; if this one is the right one, 'release' it, else 'drop' it",
        Why.NoIdentity => $"set Patient ID (0010,0020), without which the split by patient does not hold, and {Copy}",
        Why.NoRoute => "no chain had this AE title any more; configure it again (pipeline.chains.NAME.ae-title) and 'release' it",
        Why.NoLabel or Why.LabelValue => "see pipeline.chains.NAME.label-attribute and label-values; once the value has a class there, 'release' it, else 'drop' it",
        Why.Constant or Why.TooSmall => "there is nothing in it to learn from; 'drop' it",
        Why.Failed => "a mistake of this program: keep the file and report the line of the log that names its number",
        _ => "look with dcmdump",
    };
}
