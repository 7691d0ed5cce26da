using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Mirrors;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest.Mirrors;

/// <summary>Copies of a node's samples follow it: what comes, changes, goes and is erased, from wherever a copy stood.</summary>
public sealed class SampleMirrorsTests : IDisposable
{
    private static readonly StorageKeys Keys = new([new byte[32]], seals: true);
    private readonly ActorSystem _system = ActorSystem.Create("mirrors");
    private readonly TestFolder _folder = new();
    private readonly FileSampleStore _source;
    private readonly FileSampleStore _own;
    private SampleMirrors _mirrors;

    public SampleMirrorsTests()
    {
        _source = new FileSampleStore(_folder.Sub("source"), 2, 0, new DiskFileSystem(), Keys.For("samples/chest"));
        _own = new FileSampleStore(_folder.Sub("own"), 2, 0, new DiskFileSystem());
        _mirrors = Open();
    }

    public void Dispose()
    {
        _mirrors.Dispose();
        _own.Dispose();
        _source.Dispose();
        _system.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_copy_follows_what_comes_changes_and_goes()
    {
        _own.Append([Sample("own", 0, 7)]);
        _source.Append([Sample("a", 0, 1), Sample("b", 1, 2), Sample("own", 0, 7)]);
        var copying = Copy(out var stop);
        await Holds(("own", 0), ("a", 0), ("b", 1));
        long version = _mirrors.Version;
        _source.Append([new SampleRecord(Sample("a", 1, 1), 3, "", Kind: SampleRecordKind.Amended), SampleRecord.Withdrawal("b", "patient-b", 4)]);
        await Holds(("own", 0), ("a", 1));
        Assert.NotEqual(version, _mirrors.Version);
        stop.Shutdown();
        await copying;
    }

    [Fact]
    public async Task A_copy_goes_on_from_where_it_stood_after_a_restart()
    {
        _source.Append([.. Enumerable.Range(0, 40).Select(i => Sample($"s{i}", i % 2, i))]);
        var copying = Copy(out var stop);
        await Holds(40);
        stop.Shutdown();
        await copying;
        var (writing, position) = _mirrors.PositionOf("other");
        Assert.Equal((_source.Writing, new FileInfo(Path.Combine(_folder.Path, "source", "samples.log")).Length), (writing, position));
        _mirrors.Dispose();
        _mirrors = Open();
        Assert.Equal((writing, position), _mirrors.PositionOf("other"));
        _source.Append([Sample("later", 1, 99)]);
        var pieces = new List<byte[]>();
        await SampleFeed.From(_source, writing, position).TakeWithin(TimeSpan.FromSeconds(1)).Take(2).RunForeach(pieces.Add, _system.Materializer());
        var framing = new FeedFraming();
        Assert.Equal(["later"], pieces.SelectMany(piece => framing.Take(piece)).Select(record => SampleRecord.Decode(record.Bytes.Span).Sample.Id));
        Assert.Equal((writing, position), framing.Beginning);
    }

    [Fact]
    public async Task What_is_erased_at_the_source_leaves_the_copys_disk()
    {
        _source.Append([Sample("gone", 0, 1, "patient-x"), Sample("stays", 1, 2)]);
        var copying = Copy(out var stop);
        await Holds(2);
        string file = Path.Combine(_folder.Path, "data", "mirrors", "chest", "other", "samples.log");
        long before = new FileInfo(file).Length;
        _source.Erase("patient-x");
        await copying;
        copying = Copy(out stop);
        await Holds(("stays", 1));
        Assert.InRange(new FileInfo(file).Length, 1, before - 1);
        stop.Shutdown();
        await copying;
    }

    [Fact]
    public void A_record_that_is_too_long_is_refused_before_anything_is_allocated()
    {
        var framing = new FeedFraming();
        framing.Take(FeedFraming.Begin(Guid.NewGuid(), 0));
        Assert.Throws<InvalidDataException>(() => framing.Take([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]));
    }

    [Fact]
    public void Pieces_may_be_cut_anywhere()
    {
        var framing = new FeedFraming();
        byte[] bytes =
        [
            .. FeedFraming.Begin(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 5),
            .. FeedFraming.Pieces([new FeedRecord(77, new byte[70_000]), new FeedRecord(99, new byte[] { 1, 2, 3 })]).SelectMany(piece => piece),
        ];
        var records = bytes.Chunk(13).SelectMany(piece => framing.Take(piece)).ToArray();
        Assert.Equal([(77L, 70_000), (99L, 3)], records.Select(record => (record.Next, record.Bytes.Length)));
        Assert.Equal((Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 5L), framing.Beginning);
    }

    private SampleMirrors Open() => SampleMirrors.Open(_folder.Sub("data"), "chest", _own, 2, 1 << 20, Keys, new DiskFileSystem());

    private Task<Akka.Done> Copy(out UniqueKillSwitch stop)
    {
        var (writing, position) = _mirrors.PositionOf("other");
        (stop, var ended) = SampleFeed.From(_source, writing, position).ViaMaterialized(KillSwitches.Single<byte[]>(), Keep.Right)
            .ToMaterialized(_mirrors.SinkOf("other"), Keep.Both).Run(_system.Materializer());
        return ended;
    }

    private Task Holds(params (string Id, int Label)[] expected) => RunningSite.Until(
        () => All().Order().SequenceEqual(expected.Order()), () => $"held are {string.Join(", ", All().Order())}");

    private Task Holds(int count) => RunningSite.Until(() => All().Count() == count, () => $"{All().Count()} of {count} are held");

    private IEnumerable<(string Id, int Label)> All() => Enum.GetValues<DataSplit>().SelectMany(_mirrors.Snapshot).Select(sample => (sample.Id, sample.Label));

    private static Sample Sample(string id, int label, int pixel, string? patient = null) =>
        new(id, patient ?? $"patient-{id}", label, DataSplit.Train, 2, 2, [(ushort)pixel, 2, 3, 4]);
}
