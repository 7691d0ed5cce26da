using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;
using Pipeline.Tests.Host.Commands;

namespace Pipeline.Tests.Host.Site;

/// <summary>A site as <c>pipeline run</c> runs it: from a HOCON file, on a free port of this machine, looked at as its operator would.</summary>
internal sealed partial class RunningSite : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly TestTerminal _terminal = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<int> _run;

    private RunningSite(string folder, string configFile, SiteConfiguration configuration)
    {
        Folder = folder;
        ConfigFile = configFile;
        _run = SiteRunner.RunAsync(configuration, _terminal.Terminal, _stop.Token);
    }

    public string Folder { get; }

    public string ConfigFile { get; }

    public string DataDirectory => DataOf(Folder);

    /// <summary>What it printed so far.</summary>
    public string Output => _terminal.Output;

    public int Port => int.Parse(ListensOn().Match(Output).Groups[1].Value, CultureInfo.InvariantCulture);

    public string PortText => Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Bytes in the spool: what was acknowledged and is not yet behind a checkpoint's segment.</summary>
    public long SpooledBytes => Directory.GetFiles(Path.Combine(DataDirectory, "spool"), "*.segment").Sum(file => new FileInfo(file).Length);

    public static string DataOf(string folder) => Path.Combine(folder, "data");

    /// <summary>Writes a site's file, as an operator would.</summary>
    /// <param name="text">What differs from a site without chains on a free port.</param>
    public static string Configure(string folder, string text)
    {
        string file = Path.Combine(folder, "site.conf");
        File.WriteAllText(file, $$"""
            pipeline.site { name = north, data-directory = "{{DataOf(folder)}}" }
            pipeline.dicom { host = "127.0.0.1", port = 0 }
            pipeline.ingest { low-watermark = 0B, commit-interval = 20ms }
            akka { loglevel = OFF, stdout-loglevel = OFF }
            {{text}}
            """);
        return file;
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <exception cref="Pipeline.Host.Commands.CommandFailedException">It ended instead.</exception>
    public static async Task<RunningSite> StartAsync(string folder, string text)
    {
        string file = Configure(folder, text);
        var result = SiteConfiguration.Load(file, new Dictionary<string, string>());
        Xunit.Assert.True(result.IsValid, string.Join('\n', result.Errors));
        var site = new RunningSite(folder, file, result.Configuration);
        await Until(() => site._run.IsCompleted || ListensOn().IsMatch(site.Output), () => $"the site does not listen; it printed: {site.Output}");
        if (site._run.IsCompleted)
            await site._run;
        return site;
    }

    /// <summary>Waits for something that the site does in its own time.</summary>
    /// <param name="missing">What was not there, for the time-out.</param>
    public static async Task Until(Func<bool> condition, Func<string> missing)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException(missing());
            await Task.Delay(Poll);
        }
    }

    /// <inheritdoc cref="Until(Func{bool}, Func{string})"/>
    public static async Task Until(Func<Task<bool>> condition, Func<string> missing)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException(missing());
            await Task.Delay(Poll);
        }
    }

    /// <summary>Stops it as Ctrl-C does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _run;
    }

    /// <summary>Rewrites the site's file and has the site read it again, as the operator's command does.</summary>
    public Task<ControlResponse> ReloadAsync(string text)
    {
        Configure(Folder, text);
        return ControlClient.AskAsync(DataDirectory, new ControlRequest(SiteReload.Verb, null, []), CancellationToken.None);
    }

    /// <summary>The site as it tells itself.</summary>
    public async Task<SiteStatus> StatusAsync() => JsonSerializer.Deserialize<SiteStatus>(
        (await ControlClient.AskAsync(DataDirectory, new ControlRequest(StatusPort.Verb, null, []), CancellationToken.None)).Lines.Single(), StatusJson.Options)!;

    /// <summary>An association from this process.</summary>
    public Task<Outcome<DicomAssociation>> CallAsync(string title, params string[] sopClasses) => DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", Port, title, "TEST-SCU", sopClasses.Length == 0 ? [SopClasses.ComputedRadiography] : sopClasses, TimeSpan.FromSeconds(20)));

    /// <summary>What became of a chain's instances, once so many were handled.</summary>
    public async Task<ChainCounters> Handled(string chain, long received)
    {
        await Until(() => Counters(chain).Received >= received, () => $"{Counters(chain).Received} of {received} instances were handled");
        return Counters(chain);
    }

    public ChainCounters Counters(string chain)
    {
        using var catalog = SampleCatalog.Open(DataDirectory, chain, SiteFolder.Of(DataDirectory).Keys);
        return catalog.Counters;
    }

    /// <summary>Samples with their pixels, by the SOP Instance UID asked for; absent ones are left out.</summary>
    public IReadOnlyDictionary<string, (StoredSample Sample, ushort[] Pixels)> Samples(string chain, IEnumerable<string> sopInstanceUids)
    {
        using var identity = SiteIdentity.LoadOrCreate(DataDirectory);
        using var catalog = SampleCatalog.Open(DataDirectory, chain, SiteFolder.Of(DataDirectory).Keys);
        var byId = catalog.Samples.ToDictionary(sample => sample.Id);
        var found = new Dictionary<string, (StoredSample, ushort[])>();
        foreach (string uid in sopInstanceUids)
        {
            if (byId.TryGetValue(identity.SiteKey.Pseudonym(PseudonymKind.Instance, uid), out var sample))
                found[uid] = (sample, catalog.Pixels(sample));
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        _terminal.Dispose();
    }

    [GeneratedRegex(@"listens on [^ ]*:(\d+);")]
    private static partial Regex ListensOn();
}
