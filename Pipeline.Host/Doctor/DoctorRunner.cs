using System.Text.Json;
using System.Text.Json.Serialization;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Spectre.Console;

namespace Pipeline.Host.Doctor;

/// <summary><c>pipeline doctor</c>: looks at everything that a site needs before it needs it, changes nothing, and says of each fault how to mend it.</summary>
internal static class DoctorRunner
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static async Task<int> RunAsync(DoctorRequest request, Terminal terminal, CancellationToken stop)
    {
        var findings = await FindAsync(request, TimeProvider.System, null, stop).ConfigureAwait(false);
        if (request.JsonFile is { } file)
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(findings, Json), stop).ConfigureAwait(false);
        foreach (var finding in findings)
            Print(finding, terminal.Out);
        int errors = findings.Count(f => f.Level == FindingLevel.Error), warnings = findings.Count(f => f.Level == FindingLevel.Warning);
        terminal.Out.WriteLine($"{findings.Count} things were looked at: {errors} to mend, {warnings} to know of");
        return errors == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <param name="environment">Null = that of this process.</param>
    public static async Task<IReadOnlyList<Finding>> FindAsync(
        DoctorRequest request, TimeProvider clock, IReadOnlyDictionary<string, string>? environment, CancellationToken stop)
    {
        var runtime = new TorchRuntime();
        List<Finding> findings = [.. MachineChecks.Libraries(runtime), MachineChecks.Clock(clock.GetUtcNow())];
        if (request.ConfigFile is null)
            return findings;
        var result = SiteConfiguration.Load(request.ConfigFile, environment, out var reader);
        if (!result.IsValid)
        {
            findings.AddRange(result.Errors.Select(error => new Finding(
                FindingLevel.Error, "configuration", error.Value is null ? error.Problem : $"{error.Value}: {error.Problem}", error.Key, error.Place,
                "mend the key; 'pipeline config reference' explains each")));
            return findings;
        }

        findings.Add(Finding.Ok("configuration", $"{request.ConfigFile} has no mistake"));
        var examination = new Examination(result.Configuration.Site, reader!.Effective(), request.ConfigFile, clock);
        MachineChecks.Device(examination, runtime);
        DiskChecks.Run(examination);
        using (var identity = KeyChecks.Run(examination))
        {
            CertificateChecks.Run(examination);
            PortChecks.Run(examination);
            await ChainChecks.RunAsync(examination, identity, stop).ConfigureAwait(false);
        }

        if (!request.Offline)
        {
            await PeerChecks.GatewaysAsync(examination, stop).ConfigureAwait(false);
            await PeerChecks.PacsAsync(examination, reader.Keys("pipeline.dicom.peers")).WaitAsync(stop).ConfigureAwait(false);
            await PeerChecks.IdentityProviderAsync(examination, stop).ConfigureAwait(false);
        }

        return [.. findings, .. examination.Findings];
    }

    private static void Print(Finding finding, IAnsiConsole console)
    {
        string mark = finding.Level switch { FindingLevel.Ok => "[green]ok     [/]", FindingLevel.Warning => "[yellow]warning[/]", _ => "[red]error  [/]" };
        string key = finding.Key is null ? "" : finding.Place is null ? $" ({finding.Key})" : $" ({finding.Key}, {finding.Place})";
        console.MarkupLine($"{mark} {Markup.Escape(finding.Area)}: {Markup.Escape(finding.What)}{Markup.Escape(key)}");
        if (finding.Mend is { } mend)
            console.MarkupLine($"        → {Markup.Escape(mend)}");
    }
}
