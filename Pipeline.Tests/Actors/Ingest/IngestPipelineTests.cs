using System.Diagnostics;
using System.Net;
using System.Text;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>The way of an image from C-STORE to the sample store, over real sockets and files.</summary>
public sealed class IngestPipelineTests(ITestOutputHelper output) : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly SiteKey Key = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
    private readonly TestFolder _folder = new();
    private readonly InMemoryLabelSource _labels = new(Key);
    private CsvLabelSource? _fileLabels;

    [Fact]
    public async Task Pixels_and_label_of_a_stored_instance_come_out_of_the_sample_store()
    {
        await using IngestPipeline pipeline = Start();
        _labels.Add(PseudonymKind.Instance, "1.2.1", 1);
        await SendAsync(pipeline, "CHEST", Image(1, (i => i % 4096), center: 2048, width: 4096));

        await Eventually(() => pipeline.Counters["chest"].Stored == 1);
        Sample sample = Assert.Single(All(pipeline.Stores["chest"]));
        Assert.Equal(1, sample.Label);
        Assert.Equal(Key.Pseudonym(PseudonymKind.Instance, "1.2.1"), sample.Id);
        Assert.Equal(Enumerable.Range(0, 32 * 32).Select(i => (ushort)Math.Floor(i % 4096 * 65535.0 / 4095 + .5)), sample.Pixels);
    }

    [Fact]
    public async Task Storescu_delivers_and_the_conflicting_repeat_goes_to_quarantine_with_a_warning()
    {
        if (!Dcmtk.Present(output))
            return;
        await using IngestPipeline pipeline = Start();
        string port = pipeline.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach ((int shift, string expected) in new[] { (0, "Success"), (0, "Success"), (7, "Warning") })
        {
            string file = TestImages.Write(_folder.Path, Image(1, i => (i + shift) % 4096));
            (_, string text) = await Dcmtk.RunAsync("storescu", "-v", "-aec", "CHEST", "127.0.0.1", port, file);
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }
        await Eventually(() => pipeline.Account() is { Pending: 0, AwaitingLabel: 1, Quarantined: 1, Acknowledged: 2, Balanced: true });
    }

    [Fact]
    public async Task A_label_that_comes_late_promotes_the_waiting_sample_also_over_a_restart()
    {
        IngestPipeline pipeline = Start();
        await SendAsync(pipeline, "CHEST", Image(1, i => i), Image(2, i => i * 2));
        await Eventually(() => pipeline.Counters["chest"].AwaitingLabel == 2);
        await pipeline.StopAsync();

        await using IngestPipeline again = Start();
        Assert.Equal(2, again.Counters["chest"].AwaitingLabel);
        _labels.Add(PseudonymKind.Accession, TestImages.PlantedAccession, 0);
        await Eventually(() => again.Counters["chest"] is { Stored: 2, AwaitingLabel: 0 });
        Assert.True(again.Account().Balanced, again.Account().ToString());
    }

    [Fact]
    public async Task What_is_out_of_scope_is_counted_and_what_is_doubtful_is_quarantined_by_reason()
    {
        await using IngestPipeline pipeline = Start();
        DicomDataSet burned = Image(3, i => i).Set(DicomTags.BurnedInAnnotation, "YES");
        DicomDataSet knee = Image(4, i => i).Set(DicomTags.BodyPartExamined, "KNEE");
        DicomDataSet truncated = Image(5, i => i).Set(DicomTags.Rows, (ushort)64);
        await SendAsync(pipeline, "CHEST",
            TestImages.Gray("1.2.1", 32, 32, i => i, modality: "MR"), Image(2, _ => 7), burned, knee, truncated,
            TestImages.Gray("1.2.6", 8, 8, i => i), TestImages.Gray("1.2.7", 32, 32, i => i, photometric: "PALETTE COLOR"));
        await Eventually(() => pipeline.Counters["chest"].Received == 7);

        ChainCounters counters = pipeline.Counters["chest"];
        Assert.Equal(new Dictionary<string, long> { ["modality"] = 1, ["body-part"] = 1, ["color"] = 1 }, counters.OutOfScope);
        Assert.Equal(
            new Dictionary<string, long> { ["constant-image"] = 1, ["burned-in-text"] = 1, ["undecodable"] = 1, ["too-small"] = 1 }, counters.Quarantined);
        Assert.Equal(new IngestAccounting(7, 0, 0, 0, 4, 3, 0), pipeline.Account());
    }

    [Fact]
    public async Task Nothing_identifying_is_in_samples_sidecars_checkpoint_or_repeat_index()
    {
        IngestPipeline pipeline = Start();
        _labels.Add(PseudonymKind.Instance, "1.2.1", 0);
        await SendAsync(pipeline, "CHEST", Image(1, i => i), Image(2, i => i + 1), Image(3, _ => 1));
        await Eventually(() => pipeline.Account() is { Samples: 1, AwaitingLabel: 1, Quarantined: 1 });
        await pipeline.StopAsync();

        string[] files =
        [
            .. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
                .Where(path => !path.EndsWith(".segment", StringComparison.Ordinal) && !path.EndsWith(".dcm", StringComparison.Ordinal)),
        ];
        Assert.Contains(files, path => path.EndsWith("samples.log", StringComparison.Ordinal));
        Assert.Contains(files, path => path.EndsWith(".json", StringComparison.Ordinal));
        foreach (string path in files)
        {
            string text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
            Assert.All(TestImages.Planted, planted => Assert.DoesNotContain(planted, text, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task After_a_kill_amid_a_stream_of_instances_every_acknowledged_one_is_accounted_for()
    {
        IngestPipeline pipeline = Start();
        Outcome<DicomAssociation> association = await RequestAsync(pipeline, "CHEST");
        int acknowledged = 0;
        for (int i = 0; i < 1000; i++)
        {
            if (i == 120)
                _ = pipeline.KillAsync();
            Outcome<DimseStatus> status = await association.Require().StoreAsync(Image(i, p => p + i));
            if (!status.Ok || !status.Value.IsSuccess)
                break;
            acknowledged++;
        }
        await pipeline.KillAsync();
        Assert.InRange(acknowledged, 120, 999);

        await using IngestPipeline again = Start();
        IngestAccounting early = again.Account();
        Assert.True(early.Balanced, early.ToString());
        Assert.True(early.Acknowledged >= acknowledged, $"{early} after {acknowledged} answers");
        await Eventually(() => again.Account().Pending == 0);
        Assert.Equal(early.Acknowledged, again.Account().AwaitingLabel);
        Assert.True(again.Account().Balanced);
    }

    [Fact]
    public async Task A_route_added_while_running_is_recognized_and_a_collision_is_a_fault()
    {
        await using IngestPipeline pipeline = Start();
        Assert.Contains("called AE title not recognized", (await RequestAsync(pipeline, "KNEE")).Fault!.Message, StringComparison.Ordinal);
        Assert.True(pipeline.AddRoute(Route("knee", "KNEE")).Ok);
        Assert.False(pipeline.AddRoute(Route("knee-2", "KNEE")).Ok);
        await SendAsync(pipeline, "KNEE", Image(1, i => i));
        await Eventually(() => pipeline.Counters["knee"].AwaitingLabel == 1);
    }

    [Fact]
    public async Task Four_associations_at_once_deliver_everything_and_the_rate_is_reported()
    {
        await using IngestPipeline pipeline = Start(side: 128, commitMilliseconds: 250);
        const int each = 100;
        for (int pass = 0; pass < 2; pass++)
        {
            DicomDataSet[] images = [.. Enumerable.Range(0, 4 * each).Select(i => Image(
                pass * 4 * each + i, p => (p * 31 + i) % 4096, side: 128, center: 2048, width: 4096))];
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            long began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async a =>
            {
                DicomAssociation association = (await RequestAsync(pipeline, "CHEST")).Require();
                for (int i = 0; i < each; i++)
                    Assert.True((await association.StoreAsync(images[a * each + i])).Require().IsSuccess);
                await association.ReleaseAsync();
            }));
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            output.WriteLine($"{(pass == 0 ? "cold" : "warm")}: {4 * each / seconds:F0} instances/s of 128 × 128 × 16 answered behind the flush; "
                + $"{(Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / (4 * each):F2} ms of processor an instance, sender included");
        }
        await Eventually(() => pipeline.Counters["chest"].AwaitingLabel == 2 * 4 * each);
        Assert.True(pipeline.Account().Balanced);
    }

    [Fact]
    public async Task What_is_wrong_with_a_label_file_is_logged_once_and_its_mend_too()
    {
        string labels = Path.Combine(_folder.Path, "labels.csv");
        _fileLabels = new CsvLabelSource(labels, ["normal", "opacity"], Key);
        IngestPipeline? pipeline = null;
        await EventFilter.Warning(contains: $"Labels of chain chest: There is no file {labels} yet").ExpectOneAsync(Patience, () =>
        {
            pipeline = Start();
            return Task.CompletedTask;
        });
        await EventFilter.Warning(message: "Labels of chain chest: Line 3: the label is none of normal, opacity.").ExpectOneAsync(
            Patience, () => File.WriteAllTextAsync(labels, "patient_id,label\nP1,normal\nP2,unheard\n"));
        await EventFilter.Info(message: "Labels of chain chest: all is well again.").ExpectOneAsync(
            Patience, () => File.WriteAllTextAsync(labels, "patient_id,label\nP1,normal\n"));
        await pipeline!.StopAsync();
    }

    [Fact]
    public async Task The_sites_own_title_answers_C_ECHO_and_takes_no_images()
    {
        await using IngestPipeline pipeline = Start();
        await using DicomAssociation association = (await RequestAsync(pipeline, "SITE")).Require();
        Assert.True((await association.EchoAsync()).Require().IsSuccess);
        Assert.Contains("did not accept SOP class", (await association.StoreAsync(Image(1, i => i))).Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(0, pipeline.Account().Acknowledged);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    private static DicomDataSet Image(int number, Func<int, int> pixel, int side = 32, int center = 0, int width = 0)
    {
        DicomDataSet image = TestImages.Gray($"1.2.{number}", side, side, pixel, TestImages.PlantedId + number);
        return width == 0 ? image : image.Set(DicomTags.WindowCenter, $"{center}").Set(DicomTags.WindowWidth, $"{width}");
    }

    private static IEnumerable<Sample> All(ISampleStore store) => Enum.GetValues<DataSplit>().SelectMany(store.Snapshot);

    private ChainRoute Route(string chain, string title, int side = 32) =>
        new(chain, title, "CR", "CHEST", side, side, ["normal", "opacity"]) { Labels = (ILabelSource?)_fileLabels ?? _labels };

    private IngestPipeline Start(int side = 32, int commitMilliseconds = 20) => IngestPipeline.Start(Sys, new IngestSettings
    {
        DataDirectory = _folder.Path,
        SiteKey = Key,
        AeTitle = "SITE",
        Routes = [Route("chest", "CHEST", side)],
        Dicom = new DicomServerSettings { Address = IPAddress.Loopback },
        CommitInterval = TimeSpan.FromMilliseconds(commitMilliseconds),
        LowWatermarkBytes = 0,
    }).Require();

    private static Task<Outcome<DicomAssociation>> RequestAsync(IngestPipeline pipeline, string title) => DicomAssociation.RequestAsync(
        new AssociationSettings("127.0.0.1", pipeline.Port, title, "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)));

    private static async Task SendAsync(IngestPipeline pipeline, string title, params DicomDataSet[] images)
    {
        DicomAssociation association = (await RequestAsync(pipeline, title)).Require();
        foreach (DicomDataSet image in images)
            Assert.Equal("0000", (await association.StoreAsync(image)).Require().ToString());
        await association.ReleaseAsync();
    }

    private Task Eventually(Func<bool> condition) => AwaitConditionAsync(() => Task.FromResult(condition()), Patience, TimeSpan.FromMilliseconds(20));
}
