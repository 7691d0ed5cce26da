using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Requests;

/// <summary>What people decide about held data, carried out by the running site over real sockets and files.</summary>
public sealed class RequestTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TestFolder _folder = new();
    private readonly InMemoryLabelSource _labels = new(IngestSite.Key);
    private readonly IngestSite _site;

    public RequestTests()
    {
        _site = new IngestSite(Sys, _folder.Path);
        _site.Route = _site.Route with { Labels = _labels };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_released_image_becomes_a_sample_a_dropped_one_goes_and_every_instance_is_accounted_for(bool encrypted)
    {
        if (encrypted)
            _site.Keys = new StorageKeys([new byte[32]], seals: true);
        _labels.Add(PseudonymKind.Instance, "1.2.1", 1);
        await using (IngestPipeline pipeline = _site.Start())
        {
            await IngestSite.SendAsync(pipeline, IngestSite.Image(1, "US"), IngestSite.Image(2, "US"), IngestSite.Image(3));
            await Eventually(() => pipeline.Account() is { Quarantined: 2, AwaitingLabel: 1, Balanced: true });
            OperatorRequest release = _site.Ask(OperatorAction.Release, 0), drop = _site.Ask(OperatorAction.Drop, 1);
            await Eventually(() => _site.ResultOf(drop) is not null && _site.ResultOf(release) is not null);
            Assert.StartsWith("its image is sample", _site.ResultOf(release), StringComparison.Ordinal);
            Assert.Equal("deleted", _site.ResultOf(drop));
            Assert.Equal(new IngestAccounting(3, 0, 1, 1, 0, 0, 0, 0, 1), pipeline.Account());
            Assert.Equal(new Dictionary<string, long> { ["dropped"] = 1 }, pipeline.Counters["chest"].Removed);
            Sample sample = Assert.Single(Enum.GetValues<DataSplit>().SelectMany(pipeline.Stores["chest"].Snapshot));
            Assert.Equal(IngestSite.Key.Pseudonym(PseudonymKind.Instance, "1.2.1"), sample.Id);
        }
        Assert.Empty(Quarantine.List(_folder.Path));
        await using IngestPipeline again = _site.Start();
        Assert.Equal(new IngestAccounting(3, 0, 1, 1, 0, 0, 0, 0, 1), again.Account());
    }

    [Fact]
    public async Task What_was_decided_while_the_site_was_down_is_carried_out_when_it_starts()
    {
        await using (IngestPipeline pipeline = _site.Start())
        {
            await IngestSite.SendAsync(pipeline, IngestSite.Image(1, "US"));
            await Eventually(() => pipeline.Account().Quarantined == 1);
        }
        OperatorRequest release = _site.Ask(OperatorAction.Release, 0), twice = _site.Ask(OperatorAction.Release, 0);
        await using IngestPipeline again = _site.Start();
        await Eventually(() => again.Account() is { Quarantined: 0, AwaitingLabel: 1, Balanced: true } && _site.ResultOf(twice) is not null);
        Assert.Contains("sample", _site.ResultOf(release), StringComparison.Ordinal);
        Assert.Equal("it is not in quarantine any more", _site.ResultOf(twice));
        await Eventually(() => new RequestFolder(_folder.Path, new DiskFileSystem()).Pending().Count == 0);
    }

    [Fact]
    public void What_would_not_be_read_is_not_left()
    {
        var folder = new RequestFolder(_folder.Path, new DiskFileSystem());
        OperatorRequest Of(string id, string why) => new(id, OperatorAction.Erase, "chest", -1, new string('f', 64), "me", why, DateTimeOffset.UnixEpoch);
        OperatorRequest longest = Of("longest", new string('\u0001', OperatorRequest.MaxWhy));
        folder.Put(longest);
        Assert.Equal([longest], folder.Pending());
        Assert.Contains("would never be carried out", Assert.Throws<ArgumentException>(() => folder.Put(Of("big", new string('x', 64 << 10)))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => folder.Put(Of("../away", "x")));
        Assert.False(folder.Waits("big"));
    }

    [Fact]
    public async Task A_released_conflict_replaces_the_sample_and_a_corrupt_image_stays_for_its_reason()
    {
        _labels.Add(PseudonymKind.Instance, "1.2.1", 0);
        await using IngestPipeline pipeline = _site.Start();
        await IngestSite.SendAsync(pipeline, IngestSite.Image(1), IngestSite.Image(1, shift: 9), IngestSite.Image(2).Set(DicomTags.Rows, (ushort)999));
        await Eventually(() => pipeline.Account() is { Samples: 1, Quarantined: 2 });
        OperatorRequest conflict = _site.Ask(OperatorAction.Release, 1), corrupt = _site.Ask(OperatorAction.Release, 2);
        await Eventually(() => _site.ResultOf(corrupt) is not null && _site.ResultOf(conflict) is not null);
        Assert.Contains("replaces sample", _site.ResultOf(conflict), StringComparison.Ordinal);
        Assert.Contains("stays in quarantine: undecodable", _site.ResultOf(corrupt), StringComparison.Ordinal);
        Sample sample = Assert.Single(Enum.GetValues<DataSplit>().SelectMany(pipeline.Stores["chest"].Snapshot));
        Assert.Equal((ushort)Math.Floor(9 * 65535.0 / 4095 + .5), sample.Pixels[0]);
        Assert.True(pipeline.Account().Balanced, pipeline.Account().ToString());
    }

    [Fact]
    public async Task A_rule_blackens_regions_of_the_images_it_admits()
    {
        _site.Profile = new DeidentificationProfile { PixelRules = [new PixelRule("us", "US", "", "", 32, 32, [new PixelRegion(0, 0, 32, 16)])] };
        _labels.Add(PseudonymKind.Instance, "1.2.1", 0);
        await using IngestPipeline pipeline = _site.Start();
        await IngestSite.SendAsync(pipeline, IngestSite.Image(1, "US", shift: 1000));
        await Eventually(() => pipeline.Account().Samples == 1);
        ushort[] pixels = Assert.Single(Enum.GetValues<DataSplit>().SelectMany(pipeline.Stores["chest"].Snapshot)).Pixels;
        ushort black = (ushort)Math.Floor(1512 * 65535.0 / 4095 + .5);
        Assert.All(pixels[..512], pixel => Assert.Equal(black, pixel));
        Assert.Equal(512, pixels[512..].Distinct().Count());
    }

    [Fact]
    public async Task What_is_held_longer_than_the_retention_is_dropped_with_a_line_in_the_audit_log()
    {
        var clock = new MovedClock();
        (_site.Clock, _site.Retention) = (clock, TimeSpan.FromDays(30));
        await using IngestPipeline again = _site.Start();
        await IngestSite.SendAsync(again, IngestSite.Image(1, "US"));
        await Eventually(() => again.Counters["chest"].Quarantined.ContainsKey("burned-in-text"));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "quarantine", "chest", "00000000000000ff.json"), "no note");
        clock.Ahead = TimeSpan.FromDays(31);
        await Eventually(() => again.Account() is { Removed: 1, Balanced: true } && AuditLog.Of(_folder.Path, "retention").Count > 0);
        Assert.Contains("held longer than", Assert.Single(AuditLog.Of(_folder.Path, "retention")).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_erased_patient_is_in_no_file_any_more_and_the_others_are_where_they_were()
    {
        const string patient = "ERASE-ME-17";
        _labels.Add(PseudonymKind.Instance, "1.2.1", 1);
        _labels.Add(PseudonymKind.Instance, "1.2.2", 1);
        await using (IngestPipeline pipeline = _site.Start())
        {
            await IngestSite.SendAsync(pipeline,
                IngestSite.Image(1, patient: patient), IngestSite.Image(2), IngestSite.Image(3, patient: patient), IngestSite.Image(4),
                IngestSite.Image(5, "US", patient), IngestSite.Image(6, "US"));
            await Eventually(() => pipeline.Account() is { Samples: 2, AwaitingLabel: 2, Quarantined: 2 });
            Assert.NotEmpty(_site.FilesWith([patient]));
            long version = pipeline.Stores["chest"].Version;
            OperatorRequest erase = _site.Ask(OperatorAction.Erase, -1, IngestSite.Key.Pseudonym(PseudonymKind.Patient, patient));
            await Eventually(() => _site.ResultOf(erase) is not null);
            Assert.StartsWith("2 samples and 1 instances in quarantine deleted", _site.ResultOf(erase), StringComparison.Ordinal);
            Assert.NotEqual(version, pipeline.Stores["chest"].Version);
            Sample left = Assert.Single(Enum.GetValues<DataSplit>().SelectMany(pipeline.Stores["chest"].Snapshot));
            Assert.Equal(IngestSite.Key.Pseudonym(PseudonymKind.Instance, "1.2.2"), left.Id);
            Assert.Equal(new IngestAccounting(6, 0, 1, 1, 1, 0, 0, 0, 3), pipeline.Account());
            await Eventually(() => AuditLog.Of(_folder.Path, "erasure").Count == 1);
            Assert.Empty(_site.FilesWith([patient, IngestSite.Key.Pseudonym(PseudonymKind.Instance, "1.2.1")]));
        }
        await using IngestPipeline again = _site.Start();
        Assert.Equal(new IngestAccounting(6, 0, 1, 1, 1, 0, 0, 0, 3), again.Account());
        await IngestSite.SendAsync(again, IngestSite.Image(7));
        await Eventually(() => again.Account() is { AwaitingLabel: 2, Balanced: true });
    }

    [Fact]
    public async Task Labels_that_change_or_go_change_or_take_back_the_samples()
    {
        string file = Path.Combine(_folder.Path, "labels.csv");
        await File.WriteAllTextAsync(file, "patient_id,label\nA,normal\nB,opacity\n");
        _site.Route = _site.Route with { Labels = new CsvLabelSource(file, _site.Route.Classes, IngestSite.Key) };
        int[] Labels(IngestPipeline pipeline) => [.. Enum.GetValues<DataSplit>().SelectMany(pipeline.Stores["chest"].Snapshot).Select(s => s.Label).Order()];
        await using (IngestPipeline pipeline = _site.Start())
        {
            await IngestSite.SendAsync(pipeline, IngestSite.Image(1, patient: "A"), IngestSite.Image(2, patient: "B"));
            await Eventually(() => pipeline.Account().Samples == 2);
            Assert.Equal([0, 1], Labels(pipeline));
            await File.WriteAllTextAsync(file, "patient_id,label\nA,opacity\nB,opacity\n");
            await Eventually(() => Labels(pipeline) is [1, 1]);
            using (var catalog = SampleCatalog.Open(_folder.Path, "chest"))
                Assert.Equal([1, 1], catalog.Samples.Select(sample => sample.Label));
            await File.WriteAllTextAsync(file, "patient_id,label\nB,opacity\n");
            await Eventually(() => pipeline.Account() is { Samples: 1, AwaitingLabel: 1, Balanced: true });
        }
        await File.WriteAllTextAsync(file, "patient_id,label\nA,normal\n");
        _site.Route = _site.Route with { Labels = new CsvLabelSource(file, _site.Route.Classes, IngestSite.Key) };
        await using IngestPipeline again = _site.Start();
        await Eventually(() => Labels(again) is [0] && again.Account() is { Samples: 1, AwaitingLabel: 1, Balanced: true });
    }

    [Fact]
    public async Task Of_a_series_that_is_whole_the_image_in_the_middle_becomes_the_sample()
    {
        var clock = new MovedClock();
        _site.Clock = clock;
        _site.Route = _site.Route with { MiddleOfSeries = true, StableAfter = TimeSpan.FromHours(1) };
        DicomDataSet Slice(int number, int position) => IngestSite.Image(number, patient: "A", shift: number).Set(DicomTags.SeriesInstanceUid, "1.2.99")
            .Set(DicomTags.SliceLocation, $"{position}");
        await using IngestPipeline pipeline = _site.Start();
        await IngestSite.SendAsync(pipeline, Slice(1, 30), Slice(2, 10), Slice(3, 20));
        await Eventually(() => pipeline.Account() is { Assembling: 3, Balanced: true });
        clock.Ahead = TimeSpan.FromHours(1);
        await Eventually(() => pipeline.Account() is { AwaitingLabel: 1, OutOfScope: 2, Assembling: 0, Balanced: true });
        Assert.Equal(new Dictionary<string, long> { ["not-chosen-of-series"] = 2 }, pipeline.Counters["chest"].OutOfScope);
        _labels.Add(PseudonymKind.Instance, "1.2.3", 1);
        await Eventually(() => pipeline.Account().Samples == 1);
        await IngestSite.SendAsync(pipeline, Slice(4, 40));
        await Eventually(() => pipeline.Counters["chest"].OutOfScope.ContainsKey("series-chosen-already"));
        Assert.True(pipeline.Account().Balanced);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    private Task Eventually(Func<bool> condition) => AwaitConditionAsync(() => Task.FromResult(condition()), Patience, TimeSpan.FromMilliseconds(20));
}
