using System.Net;
using Akka.Configuration;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Network;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Actors.Ingest;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>A disk that is full or fails: nothing acknowledged is lost, nothing refused is found, and the site goes on when it can.</summary>
public sealed class SiteDiskTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FailingFileSystem _files = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task While_the_disk_refuses_C_STORE_is_answered_A700_and_afterwards_all_is_well(bool writes, bool flushes)
    {
        await using (var node = (await StartAsync()).Require())
        {
            await using DicomAssociation association = (await CallAsync(node)).Require();
            await Store(association, 0, 5, 0x0000);
            (_files.FailWrites, _files.FailFlushes) = (writes, flushes);
            await Store(association, 5, 10, 0xA700);
            (_files.FailWrites, _files.FailFlushes) = (false, false);
            // The refused ones again, on the association that was told so.
            await Store(association, 5, 15, 0x0000);
            await Handled(node, 15);
            Assert.Equal(15, node.Ingest.Account().AwaitingLabel);
        }

        await using var again = (await StartAsync()).Require();
        Assert.Equal(new IngestAccounting(15, 0, 0, 15, 0, 0, 0), again.Ingest.Account());
    }

    [Fact]
    public async Task Below_the_low_watermark_a_sender_is_told_to_come_back_later_and_is_welcome_when_it_does()
    {
        _files.Free = 0;
        await using var node = (await StartAsync(lowWatermark: 1 << 20)).Require();
        string refusal = (await CallAsync(node)).Fault!.Message;
        Assert.Contains("try again later", refusal, StringComparison.Ordinal);
        Assert.Contains("temporary congestion", refusal, StringComparison.Ordinal);
        _files.Free = 1L << 30;
        Outcome<DicomAssociation> welcome = await CallAsync(node);
        for (int i = 0; !welcome.Ok; i++)
        {
            Assert.True(i < 500, welcome.Fault!.Message);
            await Task.Delay(20);
            welcome = await CallAsync(node);
        }

        await using DicomAssociation association = welcome.Value;
        await Store(association, 0, 1, 0x0000);
    }

    [Fact]
    public async Task A_file_system_without_room_is_answered_A700_and_once_there_is_room_again_the_site_goes_on()
    {
        string small = _folder.Sub("data");
        await using var mounted = await SmallDisk.MountAsync(small, megabytes: 6, output);
        if (mounted is null)
            return;
        await using var site = await RunningSite.StartAsync(_folder.Path, "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }");
        string ballast = Path.Combine(small, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[4 << 20]);
        DicomAssociation association = (await site.CallAsync("CHEST")).Require();
        int acknowledged = 0;
        DimseStatus status;
        do
            status = (await association.StoreAsync(Image(acknowledged, side: 256))).Require();
        while (status.IsSuccess && ++acknowledged < 100);
        Assert.Equal(0xA700, status.Code);
        Assert.InRange(acknowledged, 1, 99);
        output.WriteLine($"{acknowledged} images of 128 KiB until there was no room");

        File.Delete(ballast);
        await Store(association, acknowledged, acknowledged + 3, 0x0000, side: 256);
        await association.ReleaseAsync();
        await site.Handled("chest", acknowledged + 3);
        Assert.Equal(acknowledged + 3, site.Samples("chest", Enumerable.Range(0, acknowledged + 3).Select(Uid)).Count);
        Assert.Equal(0, await site.StopAsync());
    }

    private static string Uid(int number) => $"1.2.55.{number}";

    private static DicomDataSet Image(int number, int side = 32) => TestImages.Gray(Uid(number), side, side, i => (i + number) % 4096);

    private static async Task Store(DicomAssociation association, int from, int to, int status, int side = 32)
    {
        for (int i = from; i < to; i++)
            Assert.Equal(status, (await association.StoreAsync(Image(i, side))).Require().Code);
    }

    private static Task Handled(SiteNode node, long count) => RunningSite.Until(
        () => node.Ingest.Counters["chest"].Received == count, () => $"{node.Ingest.Counters["chest"].Received} of {count} instances were handled");

    private static Task<Outcome<DicomAssociation>> CallAsync(SiteNode node) => DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", node.Ingest.Port, "CHEST", "TEST-SCU", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)));

    private Task<Outcome<SiteNode>> StartAsync(long lowWatermark = 0) => SiteNode.StartAsync(new SiteNodeSettings
    {
        Site = "north",
        DataDirectory = RunningSite.DataOf(_folder.Path),
        Akka = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }").WithFallback(SiteConfiguration.DefaultAkka),
        Network = new InProcessPeerHub().Join("north"),
        Dicom = new DicomServerSettings { Address = IPAddress.Loopback },
        Routes = [new ChainRoute("chest", "CHEST", "", "", 32, 32, ["normal", "opacity"])],
        Ingest = new IngestLimits(1 << 20, 4, lowWatermark, 1000, 2, 16, TimeSpan.FromMilliseconds(20), 1 << 20),
        Files = _files,
    });
}
