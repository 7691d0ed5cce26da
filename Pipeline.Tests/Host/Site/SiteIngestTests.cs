using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>What a PACS pushes to a running site is what training gets.</summary>
public sealed class SiteIngestTests(ITestOutputHelper output) : IDisposable
{
    private const string Chain = """
        pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32, classes = "normal,opacity" }
        """;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Echoscu_is_answered_under_the_titles_of_the_site_and_of_its_chain()
    {
        if (!Dcmtk.Present(output))
            return;
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        foreach (string title in new[] { "CHEST", "PIPELINE" })
        {
            (int exit, string text) = await Dcmtk.RunAsync("echoscu", "-v", "-aec", title, "127.0.0.1", site.PortText);
            Assert.True(exit == 0, text);
        }
    }

    [Theory]
    [InlineData("-xe", "explicit VR little endian")]
    [InlineData("-xi", "implicit VR little endian")]
    [InlineData("-xb", "explicit VR big endian")]
    public async Task Every_kind_of_image_that_storescu_sends_comes_out_as_PS3_3_has_it_shown(string option, string syntax)
    {
        if (!Dcmtk.Present(output))
            return;
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        var sent = SentImage.All("1.2.100");
        string[] files = [.. sent.Select(image => TestImages.Write(_folder.Path, image.DataSet))];
        (int exit, string text) = await Dcmtk.RunAsync("storescu", ["-v", "-R", option, "-aec", "CHEST", "127.0.0.1", site.PortText, .. files]);
        Assert.True(exit == 0, text);
        await Compare(site, sent, syntax, "STORESCU");
    }

    [Fact]
    public async Task Every_kind_of_image_that_our_own_sender_sends_comes_out_as_PS3_3_has_it_shown()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        var sent = SentImage.All("1.2.101");
        await SendAsync(site, sent);
        await Compare(site, sent, "explicit VR little endian", "TEST-SCU");
    }

    [Fact]
    public async Task Labels_of_the_configured_file_come_with_their_split_and_the_operator_sees_both_beside_the_running_site()
    {
        string labels = Path.Combine(_folder.Path, "labels.csv");
        await File.WriteAllTextAsync(labels, "sop_instance_uid,label,split\n1.2.102.1,opacity,test\n1.2.102.3,normal,validation\n");
        await using var site = await RunningSite.StartAsync(_folder.Path, $"{Chain}\npipeline.chains.chest.labels = \"{labels}\"");
        Assert.Contains($"labels from {labels}", site.Output, StringComparison.Ordinal);
        var sent = SentImage.All("1.2.102");
        await SendAsync(site, sent);
        await site.Handled("chest", sent.Count);

        var samples = site.Samples("chest", sent.Select(UidOf));
        Assert.Equal((1, DataSplit.Test), (samples["1.2.102.1"].Sample.Label, samples["1.2.102.1"].Sample.Split));
        Assert.Equal((0, DataSplit.Validation), (samples["1.2.102.3"].Sample.Label, samples["1.2.102.3"].Sample.Split));
        Assert.Equal(-1, samples["1.2.102.2"].Sample.Label);

        using var terminal = new TestTerminal();
        Assert.Equal(0, await Invoke(terminal, "samples", "list", "--config", site.ConfigFile));
        Assert.Contains(terminal.Lines, line => line.Contains(samples["1.2.102.1"].Sample.Id[..12], StringComparison.Ordinal)
            && line.Contains("opacity", StringComparison.Ordinal) && line.Contains("TEST-SCU", StringComparison.Ordinal));
        string to = Path.Combine(_folder.Path, "look");
        Assert.Equal(0, await Invoke(terminal, "samples", "export", samples["1.2.102.5"].Sample.Id, "--to", to, "--config", site.ConfigFile));
        byte[] image = await File.ReadAllBytesAsync(Path.Combine(to, "chest", samples["1.2.102.5"].Sample.Id + ".pgm"));
        Assert.Equal(sent[4].Expected.SelectMany(pixel => new[] { (byte)(pixel >> 8), (byte)pixel }), image[^(2 * sent[4].Expected.Length)..]);

        // A label may come after its image.
        await File.AppendAllTextAsync(labels, "1.2.102.2,opacity,train\n");
        await RunningSite.Until(() => site.Counters("chest").Stored == 3, () => $"{site.Counters("chest")}");
        Assert.Equal(1, site.Samples("chest", ["1.2.102.2"])["1.2.102.2"].Sample.Label);
    }

    [Fact]
    public async Task A_stopped_site_ends_with_exit_code_0_and_starts_again_with_what_it_had()
    {
        var sent = SentImage.All("1.2.103");
        await using (var site = await RunningSite.StartAsync(_folder.Path, Chain))
        {
            await SendAsync(site, sent);
            Assert.Equal(ExitCode.Ok, await site.StopAsync());
        }

        await using var again = await RunningSite.StartAsync(_folder.Path, Chain);
        // The same images again are successes, not copies.
        await SendAsync(again, sent);
        await Compare(again, sent, "explicit VR little endian", "TEST-SCU");
    }

    private static string UidOf(SentImage image) => image.DataSet.Text(DicomTags.SopInstanceUid)!;

    private static Task<int> Invoke(TestTerminal terminal, params string[] arguments) => CommandLine.InvokeAsync(
        arguments, new Operations { ListSamples = SampleOperations.ListAsync, ExportSamples = SampleOperations.ExportAsync }, terminal.Terminal);

    private static async Task SendAsync(RunningSite site, IEnumerable<SentImage> images)
    {
        DicomAssociation association = (await site.CallAsync("CHEST")).Require();
        foreach (var image in images)
            Assert.Equal("0000", (await association.StoreAsync(image.DataSet)).Require().ToString());
        await association.ReleaseAsync();
    }

    private async Task Compare(RunningSite site, IReadOnlyList<SentImage> sent, string syntax, string source)
    {
        var counters = await site.Handled("chest", sent.Count);
        Assert.Equal((sent.Count, sent.Count, 0, 0), (counters.Received, counters.AwaitingLabel, counters.Quarantined.Count, counters.OutOfScope.Count));
        var samples = site.Samples("chest", sent.Select(UidOf));
        foreach (var image in sent)
        {
            var (sample, pixels) = samples[UidOf(image)];
            int first = Enumerable.Range(0, pixels.Length).FirstOrDefault(i => pixels[i] != image.Expected[i], -1);
            Assert.True(first < 0, $"{image.What} in {syntax}: pixel {first} is {pixels[Math.Max(0, first)]}, not {image.Expected[Math.Max(0, first)]}");
            Assert.Equal((SentImage.Side, SentImage.Side, source), (sample.Height, sample.Width, sample.Source));
            Assert.InRange(sample.Received!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        }

        output.WriteLine($"{sent.Count} images in {syntax}: every pixel as expected");
    }
}
