using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Storage;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline samples</c> does: reads the sample files alone.</summary>
internal static class SampleOperations
{
    /// <summary>Digits of an id that are shown; enough to name one among many thousands.</summary>
    private const int ShownDigits = 12;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static Task<int> ListAsync(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Chain", "Id", "Split", "Label", "Rows × columns", "Received (UTC)", "Source");
        var summary = new List<string>();
        var reports = new List<SampleReport>();
        foreach (string name in Chains(site, chain))
        {
            stop.ThrowIfCancellationRequested();
            using var catalog = Open(site, name);
            var classes = site.ClassesOf(name);
            reports.AddRange(catalog.Samples.Select(sample => SampleReport.Of(name, sample, classes)));
            summary.AddRange(Summary(catalog));
        }

        foreach (var report in reports)
        {
            table.AddRow(
                new Text(report.Chain), new Text(report.Id[..Math.Min(ShownDigits, report.Id.Length)]), new Text(report.Split), new Text(LabelOf(report)),
                new Text($"{report.Height} × {report.Width}"),
                new Text(report.Received is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "not known"),
                new Text(report.Source ?? "not known"));
        }

        if (reports.Count > 0)
            terminal.Out.Write(table);
        foreach (string line in summary)
            terminal.Out.WriteLine(line);
        if (jsonFile is not null)
            File.WriteAllText(jsonFile, JsonSerializer.Serialize(reports, Json));
        return ExitCode.Ok;
    }, stop);

    public static Task<int> ExportAsync(
        SiteFolder site, string? chain, string? id, string folder, Terminal terminal, CancellationToken stop) => Task.Run(() =>
    {
        var catalogs = Chains(site, chain).Select(name => Open(site, name)).ToArray();
        try
        {
            var chosen = catalogs.SelectMany(catalog => catalog.Samples
                .Where(sample => id is null || sample.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase))
                .Select(sample => (Catalog: catalog, Sample: sample))).ToArray();
            if (id is not null && chosen.Length != 1)
            {
                throw new CommandFailedException(chosen.Length == 0
                    ? $"there is no sample '{id}' below '{site.DataDirectory}'; 'pipeline samples list' prints the ids"
                    : $"{chosen.Length} samples begin with '{id}'; give more digits, or --chain");
            }

            foreach (var (catalog, sample) in chosen)
            {
                stop.ThrowIfCancellationRequested();
                string file = Write(Path.Combine(folder, catalog.Chain), catalog, sample, site.ClassesOf(catalog.Chain));
                if (id is not null)
                    terminal.Out.WriteLine(file);
            }

            terminal.Out.WriteLine(chosen.Length == 1 ? $"1 sample written to {folder}" : $"{chosen.Length} samples written to {folder}");
            return ExitCode.Ok;
        }
        finally
        {
            Array.ForEach(catalogs, catalog => catalog.Dispose());
        }
    }, stop);

    /// <summary>Chains that are configured or have samples, or the one asked for.</summary>
    private static string[] Chains(SiteFolder site, string? chain)
    {
        string[] known = [.. SampleCatalog.Chains(site.DataDirectory).Union(site.Chains.Select(c => c.Name)).Order(StringComparer.Ordinal)];
        if (chain is null)
        {
            return known.Length > 0
                ? known
                : throw new CommandFailedException($"no chain has samples below '{site.DataDirectory}'; is it the data directory of a site that ran?");
        }

        return known.Contains(chain)
            ? [chain]
            : throw new CommandFailedException(
                $"chain '{chain}' has no samples below '{site.DataDirectory}'; there is {(known.Length == 0 ? "no chain" : string.Join(", ", known))}");
    }

    private static SampleCatalog Open(SiteFolder site, string chain)
    {
        try
        {
            return SampleCatalog.Open(site.DataDirectory, chain, site.Keys);
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException($"the samples of chain {chain} below '{site.DataDirectory}' cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Summary(SampleCatalog catalog)
    {
        string splits = string.Join(", ", Enum.GetValues<DataSplit>().Select(split =>
            $"{split.ToString().ToLowerInvariant()} {catalog.Samples.Count(sample => sample.Label >= 0 && sample.Split == split)}"));
        var counters = catalog.Counters;
        yield return $"{catalog.Chain}: {counters.Stored} labelled ({splits}), {counters.AwaitingLabel} wait for a label";
        yield return $"{catalog.Chain}: {counters.Received} received in all, of these {counters.Quarantined.Values.Sum()} in quarantine"
            + $"{Reasons(counters.Quarantined)}, {counters.OutOfScope.Values.Sum()} out of scope{Reasons(counters.OutOfScope)}, {counters.Repeated} repeated";
        if (counters.Assembling > 0)
            yield return $"{catalog.Chain}: {counters.Assembling} wait for the rest of their series";
        if (counters.Removed.Count > 0)
            yield return $"{catalog.Chain}: {counters.Removed.Values.Sum()} taken out{Reasons(counters.Removed)}";
        if (catalog.UnreadBytes > 0)
            yield return $"{catalog.Chain}: {catalog.UnreadBytes} bytes at the end are not whole: written at this moment, or torn and cut off at the next start";
    }

    private static string Reasons(IReadOnlyDictionary<string, long> counts) =>
        counts.Count == 0 ? "" : $" ({string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"))})";

    private static string LabelOf(SampleReport report) =>
        report.Class ?? report.Label?.ToString(CultureInfo.InvariantCulture) ?? "waits";

    /// <returns>The image's path.</returns>
    private static string Write(string folder, SampleCatalog catalog, StoredSample sample, IReadOnlyList<string> classes)
    {
        Directory.CreateDirectory(folder);
        byte[] image = PgmImage.Encode(sample.Height, sample.Width, catalog.Pixels(sample));
        string file = Path.Combine(folder, sample.Id + ".pgm");
        WritePrivate(file, image);
        WritePrivate(Path.Combine(folder, sample.Id + ".json"), JsonSerializer.SerializeToUtf8Bytes(
            SampleReport.Of(catalog.Chain, sample, classes) with
            {
                File = Path.GetFileName(file),
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(image)),
            }, Json));
        return file;
    }

    /// <summary>Readable by the owner alone, as the sample store is.</summary>
    private static void WritePrivate(string path, byte[] content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(content);
    }
}
