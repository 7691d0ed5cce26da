using System.Collections.Concurrent;
using System.Globalization;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>
/// The program is killed with SIGKILL at random instants while four associations send, again and again on the same data directory.
/// <c>PIPELINE_TEST_KILLS=50</c> sets how often, <c>PIPELINE_TEST_SEED</c> the instants.
/// </summary>
public sealed class SiteKillTests(ITestOutputHelper output) : IDisposable
{
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }";
    private const int Associations = 4;
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_instance_answered_0000_is_there_once_and_the_rest_is_simply_sent_again()
    {
        if (OperatingSystem.IsWindows())
        {
            output.WriteLine("NOT CHECKED: this system has no POSIX signals.");
            return;
        }
        int kills = Number("PIPELINE_TEST_KILLS", 2), seed = Number("PIPELINE_TEST_SEED", Environment.TickCount & 0xFFFF);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var acknowledged = new ConcurrentDictionary<string, bool>();
        // What was not answered is sent again behind the restart, so nothing is skipped.
        var next = new int[Associations];
        for (int kill = 0; kill < kills; kill++)
        {
            await using var site = await SiteProcess.StartAsync(RunningSite.Configure(_folder.Path, Chain));
            int before = acknowledged.Count, enough = before + random.Next(1, 200);
            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] senders = [.. Enumerable.Range(0, Associations).Select(a => Task.Run(() => SendAsync(site, a, next, acknowledged, enough, killed)))];
            await Task.WhenAny(killed.Task, Task.WhenAll(senders));
            Assert.True(killed.Task.IsCompleted, $"seed {seed}: the senders ended before the kill; the site printed {site.Output}");
            await site.SignalAsync("KILL");
            await Task.WhenAll(senders);
            Assert.Equal(128 + 9, await site.ExitCodeAsync());
            output.WriteLine($"kill {kill + 1}: {acknowledged.Count - before} acknowledged before it");
        }

        await using var running = await RunningSite.StartAsync(_folder.Path, Chain);
        string[] uids = [.. acknowledged.Keys];
        await RunningSite.Until(() => running.Samples("chest", uids).Count == uids.Length,
            () => $"seed {seed}: {running.Samples("chest", uids).Count} of {uids.Length} acknowledged images are in the store");
        // Once: as many samples as there are instances of which the site has any, and none of an instance twice.
        DicomAssociation again = (await running.CallAsync("CHEST")).Require();
        foreach (string uid in uids.Take(20))
            Assert.True((await again.StoreAsync(Image(uid))).Require().IsSuccess, $"seed {seed}: {uid} again");
        await again.ReleaseAsync();
        using var catalog = Pipeline.Actors.Ingest.Storage.SampleCatalog.Open(running.DataDirectory, "chest");
        Assert.Equal(catalog.Samples.Count, catalog.Samples.Select(sample => sample.Id).Distinct().Count());
        Assert.InRange(catalog.Samples.Count, uids.Length, uids.Length + kills * Associations);
        output.WriteLine($"{uids.Length} acknowledged over {kills} kills, {catalog.Samples.Count} in the store");
    }

    private static async Task SendAsync(
        SiteProcess site, int association, int[] next, ConcurrentDictionary<string, bool> acknowledged, int enough, TaskCompletionSource killed)
    {
        Outcome<DicomAssociation> requested = await DicomAssociation.RequestAsync(new AssociationSettings(
            "127.0.0.1", site.Port, "CHEST", $"SCU-{association}", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(30)));
        if (!requested.Ok)
            return;
        await using DicomAssociation open = requested.Value;
        while (true)
        {
            string uid = $"1.2.{association}.{next[association]}";
            Outcome<DimseStatus> status = await open.StoreAsync(Image(uid));
            if (!status.Ok || !status.Value.IsSuccess)
                return;
            acknowledged[uid] = true;
            next[association]++;
            if (acknowledged.Count >= enough)
                killed.TrySetResult();
        }
    }

    private static DicomDataSet Image(string uid) => TestImages.Gray(uid, 32, 32, i => i + uid.Length * 31 + uid[^1]);

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
