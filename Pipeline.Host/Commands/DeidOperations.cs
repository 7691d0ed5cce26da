using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Host.Site;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline deid</c> does.</summary>
internal static class DeidOperations
{
    private const string MediaDirectory = "1.2.840.10008.1.3.10";
    private static readonly EmbeddedToolkit Toolkit = new();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static async Task<int> RunAsync(DeidRequest request, Terminal terminal, CancellationToken stop)
    {
        string[] files = Files(request);
        var deidentifier = new Deidentifier(KeyOf(request), request.Profile);
        var policy = new PixelTextPolicy(request.Profile);
        Directory.CreateDirectory(request.Target);
        var reports = new List<DeidReport>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in files)
        {
            stop.ThrowIfCancellationRequested();
            string name = file == request.Source ? Path.GetFileName(file) : Path.GetRelativePath(request.Source, file);
            reports.Add(await OneAsync(name, file, request.Target, names, deidentifier, policy, stop).ConfigureAwait(false));
        }

        Print(reports, terminal);
        if (request.JsonFile is not null)
        {
            await File.WriteAllTextAsync(
                request.JsonFile,
                JsonSerializer.Serialize(new
                {
                    Profile = DeidentificationOptions.CodesOf(request.Profile.Options).Select(code => code.Code).Prepend(DeidentificationOptions.BasicProfileCode),
                    Files = reports,
                }, Json),
                stop).ConfigureAwait(false);
        }

        return reports.Exists(report => report.Output is not null) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string[] Files(DeidRequest request)
    {
        if (File.Exists(request.Source))
            return [request.Source];
        if (!Directory.Exists(request.Source))
            throw new CommandFailedException($"there is no file or folder '{request.Source}'") { ExitCode = ExitCode.Usage };
        string inside = request.Target + Path.DirectorySeparatorChar;
        if ((request.Source + Path.DirectorySeparatorChar).StartsWith(inside, StringComparison.Ordinal))
            throw new CommandFailedException($"'{request.Target}' holds the files to read; choose another folder for --out") { ExitCode = ExitCode.Usage };
        return
        [
            .. Directory.EnumerateFiles(request.Source, "*", SearchOption.AllDirectories)
                .Where(file => !file.StartsWith(inside, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
    }

    private static SiteKey KeyOf(DeidRequest request)
    {
        if (request.DataDirectory is null)
            return new SiteKey(RandomNumberGenerator.GetBytes(SiteKey.MinimumLength));
        using var identity = SiteIdentity.LoadOrCreate(request.DataDirectory);
        return identity.SiteKey;
    }

    private static async Task<DeidReport> OneAsync(
        string name, string path, string target, HashSet<string> names, Deidentifier deidentifier, PixelTextPolicy policy, CancellationToken stop)
    {
        Outcome<DicomFile> read;
        await using (var stream = File.OpenRead(path))
            read = await Toolkit.ReadAsync(stream, new DicomReadLimits(), stop).ConfigureAwait(false);
        if (!read.Ok)
            return DeidReport.SetAside(name, $"It cannot be read: {read.Fault}");
        DicomDataSet original = read.Value.DataSet;
        string? sopClass = original.Text(DicomTags.SopClassUid);
        if (sopClass == MediaDirectory || read.Value.Meta.Text(DicomTags.MediaStorageSopClassUid) == MediaDirectory)
            return DeidReport.SetAside(name, "A DICOMDIR repeats names and file names; make a new one of the files written here.");
        if (sopClass is null || original.Text(DicomTags.SopInstanceUid) is null)
            return DeidReport.SetAside(name, "It has no SOP Class UID (0008,0016) or SOP Instance UID (0008,0018).");
        var (rule, doubt) = policy.Judge(original);
        if (doubt is not null)
        {
            return DeidReport.SetAside(
                name, original.Contains(DicomTags.PixelData) ? $"{doubt} A rule under pipeline.deidentification.rules admits such images." : doubt);
        }

        IReadOnlyList<PixelRegion> regions = rule?.Blacken ?? [];
        Outcome<DicomDataSet> image = regions.Count == 0 ? original : NativeImage.Of(original, read.Value.Syntax, Toolkit);
        if (image.Ok)
            image = PixelBlackout.Apply(image.Value, regions);
        if (!image.Ok)
            return DeidReport.SetAside(name, image.Fault.Message);

        var clean = deidentifier.Apply(image.Value, pixelsCleaned: rule is not null);
        string instance = clean.DataSet.Text(DicomTags.SopInstanceUid)!;
        // Two files of one instance are two files here too.
        string output = instance + ".dcm";
        for (int copy = 2; !names.Add(output); copy++)
            output = $"{instance}-{copy}.dcm";
        // Compressed fragments go as they are; everything around them is explicit little endian in every syntax that has them (PS3.5 A.4).
        string syntax = image.Value.Find(DicomTags.PixelData) is { Fragments: not null } ? read.Value.Syntax.Uid : TransferSyntax.ExplicitLittle.Uid;
        await File.WriteAllBytesAsync(
            Path.Combine(target, output),
            (byte[])[.. DicomWriter.WriteMeta(sopClass, instance, syntax), .. DicomWriter.WriteDataSet(clean.DataSet, TransferSyntax.ExplicitLittle)],
            stop).ConfigureAwait(false);
        return DeidReport.Written(name, output, rule?.Name, clean.Changes);
    }

    private static void Print(List<DeidReport> reports, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("File", "Removed", "Emptied", "Replaced", "UIDs", "Dates moved", "Written as, or why not");
        foreach (var report in reports)
        {
            table.AddRow(
                new Text(report.File), Count(report, ProfileAction.Remove), Count(report, ProfileAction.Empty), Count(report, ProfileAction.Dummy),
                Count(report, ProfileAction.Uid), Count(report, ProfileAction.ShiftDate), new Text(report.Output ?? report.Reason ?? ""));
        }

        terminal.Out.Write(table);
        int written = reports.Count(report => report.Output is not null);
        terminal.Out.WriteLine($"{written} written, {reports.Count - written} set aside");

        static Text Count(DeidReport report, ProfileAction action) =>
            new(report.Output is null ? "" : $"{report.Changes.Where(change => change.Action == action).Sum(change => change.Count)}");
    }
}
