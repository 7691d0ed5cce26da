using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Control;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>What of spool, quarantine, eligibility and training a running site takes on.</summary>
public sealed class SiteReloadIngestTests : IDisposable
{
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }\n";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [ProvesLive("pipeline.ingest.segment-size", "pipeline.ingest.spare-segments")]
    public async Task Segments_become_smaller_and_spare_ones_fewer()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        await Takes(site, "pipeline.ingest.segment-size = 1MiB");
        for (int i = 0; i < 3; i++)
            await Store(site, TestImages.Gray($"1.2.{i}", 800, 800, p => p * (i + 1)));
        await site.Handled("chest", 3);
        string spool = Path.Combine(site.DataDirectory, "spool");
        Assert.True(Segments() > 1, $"{Segments()} segments");
        await Takes(site, "pipeline.ingest { segment-size = 1MiB, spare-segments = 0 }");
        await RunningSite.Until(() => Segments() == 1, () => $"{Segments()} segments are left");

        int Segments() => Directory.GetFiles(spool, "*.segment").Length;
    }

    [Fact]
    [ProvesLive("pipeline.ingest.low-watermark")]
    public async Task Below_the_new_watermark_nothing_is_taken_and_above_it_again()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        await Takes(site, "pipeline.ingest.low-watermark = 16TiB");
        Assert.Contains("temporary congestion", (await site.CallAsync("CHEST")).Fault!.Message, StringComparison.OrdinalIgnoreCase);
        await Takes(site, "");
        await Store(site, TestImages.Gray("1.2.3", 32, 32, i => i));
    }

    [Fact]
    [ProvesLive("pipeline.quarantine.retention")]
    public async Task What_is_in_quarantine_for_longer_than_the_new_retention_leaves_it()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        await Store(site, TestImages.Gray("1.2.3", 32, 32, i => i, modality: "US"));
        await site.Handled("chest", 1);
        Assert.Single(Quarantine.List(site.DataDirectory));
        await Takes(site, "pipeline.quarantine.retention = 1ms");
        await RunningSite.Until(() => Quarantine.List(site.DataDirectory).Count == 0, () => "the instance is still in quarantine");
    }

    [Fact]
    [ProvesLive(
        "pipeline.chain-defaults.modality", "pipeline.chain-defaults.body-part", "pipeline.chain-defaults.view-positions", "pipeline.chain-defaults.sop-classes",
        "pipeline.chain-defaults.rules")]
    public async Task Images_are_judged_by_the_new_scope_of_their_chain()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        string[] scopes =
        [
            "modality = MR", "body-part = HAND", "view-positions = [LL]", $"sop-classes = [\"{SopClasses.Verification}\"]", "rules = [\"(0028,0010) >= 512\"]",
        ];
        for (int i = 0; i < scopes.Length; i++)
        {
            // Once of the chain itself, once of what it takes where it names nothing.
            await Takes(site, i == 0 ? $"pipeline.chain-defaults.{scopes[i]}" : $"pipeline.chains.chest.{scopes[i]}");
            await Store(site, TestImages.Gray($"1.2.{i}", 32, 32, p => p + i));
            await site.Handled("chest", i + 1);
        }

        Assert.Equal(
            new SortedDictionary<string, long> { ["body-part"] = 1, ["modality"] = 1, ["rule (0028,0010)"] = 1, ["sop-class"] = 1, ["view-position"] = 1 },
            site.Counters("chest").OutOfScope);
    }

    [Fact]
    [ProvesLive("pipeline.chain-defaults.stable-after")]
    public async Task A_series_is_whole_after_the_new_time()
    {
        const string Middle = "pipeline.chains.chest.per-series = middle\n";
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain + Middle + "pipeline.chain-defaults.stable-after = 7d");
        await Store(site, TestImages.Gray("1.2.3", 32, 32, i => i));
        await site.Handled("chest", 1);
        Assert.Equal(1, site.Counters("chest").Assembling);
        await Takes(site, Middle + "pipeline.chain-defaults.stable-after = 1s");
        await RunningSite.Until(() => site.Samples("chest", ["1.2.3"]).Count == 1, () => "the series is never whole");
    }

    private static async Task Takes(RunningSite site, string text)
    {
        ControlResponse response = await site.ReloadAsync(Chain + text);
        Assert.True(response.Done && !response.Lines.Any(line => line.EndsWith("needs a restart", StringComparison.Ordinal)), string.Join('\n', response.Lines));
    }

    private static async Task Store(RunningSite site, DicomDataSet image)
    {
        await using DicomAssociation association = (await site.CallAsync("CHEST")).Require();
        Assert.True((await association.StoreAsync(image)).Require().IsSuccess);
        await association.ReleaseAsync();
    }
}
