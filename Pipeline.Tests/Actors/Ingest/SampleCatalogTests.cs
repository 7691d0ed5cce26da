using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>Sample files looked at beside the site that writes them.</summary>
public sealed class SampleCatalogTests : IDisposable
{
    private static readonly DateTimeOffset Received = DateTimeOffset.FromUnixTimeMilliseconds(1_780_000_000_123);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Samples_of_both_files_are_seen_while_their_writer_holds_them_open()
    {
        using var store = new FileSampleStore(Chest, 2, 0, new DiskFileSystem());
        using var awaiting = new WaitingStore(Chest, WaitingStore.ForLabel, new DiskFileSystem(), null, TimeProvider.System);
        store.Append([Record("b", 1, sequence: 7)]);
        awaiting.Append([Record("a", -1, sequence: 3), Record("c", -1, sequence: 9)]);
        awaiting.Withdraw([.. awaiting.All.Where(waiting => waiting.Id == "c")]);

        using var catalog = SampleCatalog.Open(_folder.Path, "chest");
        Assert.Equal(
            [new StoredSample("a", "pa", -1, DataSplit.Test, 2, 3, 3, Received, "CT-1") { Offset = 0 },
             new StoredSample("b", "pb", 1, DataSplit.Test, 2, 3, 7, Received, "CT-1") { Offset = 0 }],
            catalog.Samples);
        Assert.All(catalog.Samples, sample => Assert.Equal(Pixels(sample.Id), catalog.Pixels(sample)));
        Assert.Equal(0, catalog.UnreadBytes);
        Assert.Equal(["chest"], SampleCatalog.Chains(_folder.Path));

        store.Append([Record("d", 0, sequence: 11)]);
        using var later = SampleCatalog.Open(_folder.Path, "chest");
        Assert.Equal(["a", "b", "d"], later.Samples.Select(sample => sample.Id));
    }

    [Fact]
    public void A_sample_that_stands_in_both_files_after_a_crash_counts_once_as_labelled()
    {
        using var store = new FileSampleStore(Chest, 2, 0, new DiskFileSystem());
        using var awaiting = new WaitingStore(Chest, WaitingStore.ForLabel, new DiskFileSystem(), null, TimeProvider.System);
        awaiting.Append([Record("a", -1, sequence: 3)]);
        store.Append([Record("a", 0, sequence: 3)]);
        using var catalog = SampleCatalog.Open(_folder.Path, "chest");
        Assert.Equal(0, Assert.Single(catalog.Samples).Label);
        Assert.Equal((1, 0), (catalog.Counters.Stored, catalog.Counters.AwaitingLabel));
    }

    [Fact]
    public void A_torn_tail_is_reported_and_left_as_it_is()
    {
        using (var store = new FileSampleStore(Chest, 2, 0, new DiskFileSystem()))
            store.Append([Record("a", 0, 1), Record("b", 0, 2)]);
        string file = Path.Combine(Chest, "samples.log");
        long whole = new FileInfo(file).Length / 2;
        using (FileStream tail = File.OpenWrite(file))
            tail.SetLength(tail.Length - 1);
        byte[] before = File.ReadAllBytes(file);

        using var catalog = SampleCatalog.Open(_folder.Path, "chest");
        Assert.Equal("a", Assert.Single(catalog.Samples).Id);
        Assert.Equal(whole - 1, catalog.UnreadBytes);
        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(Chest));
    }

    [Fact]
    public void A_chain_without_samples_is_empty_and_nothing_is_created()
    {
        using var catalog = SampleCatalog.Open(_folder.Path, "chest");
        Assert.Empty(catalog.Samples);
        Assert.Empty(SampleCatalog.Chains(_folder.Path));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    /// <summary>Bytes as the first version wrote them: they stay readable.</summary>
    [Fact]
    public void A_sample_of_version_1_lacks_only_when_it_came_and_from_whom()
    {
        byte[] bytes = Convert.FromHexString("01" + "01" + "02" + "01000000" + "0700000000000000" + "01000000" + "02000000" + "0162" + "027062" + "00" + "0100FFFF");
        SampleRecord record = SampleRecord.Decode(bytes);
        Assert.Equal(("b", "pb", 1, DataSplit.Test, 1, 2), (record.Sample.Id, record.Sample.Patient, record.Sample.Label, record.Sample.Split,
            record.Sample.Height, record.Sample.Width));
        Assert.Equal([1, 65535], record.Sample.Pixels);
        Assert.Equal((7L, "", null, ""), (record.Sequence, record.Accession, record.Received, record.Source));
    }

    private string Chest => Path.Combine(_folder.Path, "samples", "chest");

    private static ushort[] Pixels(string id) => [.. Enumerable.Range(id[0], 6).Select(v => (ushort)(v * 321))];

    private static SampleRecord Record(string id, int label, long sequence) =>
        new(new Sample(id, "p" + id, label, DataSplit.Test, 2, 3, Pixels(id)), sequence, "acc", Received, "CT-1");
}
