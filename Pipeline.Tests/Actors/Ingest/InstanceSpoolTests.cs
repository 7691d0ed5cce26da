using System.Security.Cryptography;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

public sealed class InstanceSpoolTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FailingFileSystem _files = new();

    [Fact]
    public async Task What_was_answered_survives_a_cut_at_any_byte_behind_it()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int trial = 0; trial < 25; trial++)
        {
            string folder = _folder.Sub($"cut{trial}");
            var durable = new List<long>();
            string segment;
            using (InstanceSpool spool = Open(folder))
            {
                for (int i = 0; i < 20; i++)
                {
                    Assert.True((await spool.AppendAsync(Instance(i))).IsSuccess);
                    durable.Add(new FileInfo(Directory.GetFiles(folder, "*.seg").Single()).Length);
                }
                segment = Directory.GetFiles(folder, "*.seg").Single();
            }
            long cut = random.NextInt64(0, durable[^1] + 1);
            using (FileStream file = File.OpenWrite(segment))
                file.SetLength(cut);
            using InstanceSpool again = Open(folder);
            int whole = durable.Count(end => end <= cut);
            Assert.True(again.Next == whole, $"seed {seed}, cut {cut}: {again.Next} of {whole}");
            SpoolCursor cursor = again.ReadFrom(0);
            for (int i = 0; i < whole; i++)
                Assert.Equal(Content(i), cursor.TryRead()!.DataSet.ToArray());
            Assert.Null(cursor.TryRead());
            Assert.True((await again.AppendAsync(Instance(100))).IsSuccess);
            Assert.Equal(whole + 1, again.Next);
        }
    }

    [Fact]
    public async Task The_same_instance_again_is_a_success_without_a_copy_and_other_bytes_are_a_conflict()
    {
        using (InstanceSpool spool = Open(_folder.Path))
        {
            Assert.True((await spool.AppendAsync(Instance(1))).IsSuccess);
            Assert.True((await spool.AppendAsync(Instance(1))).IsSuccess);
            Assert.Equal(DimseStatus.Conflict, await spool.AppendAsync(Instance(1, content: 9)));
            Assert.Equal(2, spool.Next);
        }
        using InstanceSpool again = Open(_folder.Path);
        Assert.True((await again.AppendAsync(Instance(1))).IsSuccess);
        Assert.Equal(DimseStatus.Conflict, await again.AppendAsync(Instance(1, content: 9)));
        Assert.Equal(2, again.Next);
        SpoolCursor cursor = again.ReadFrom(0);
        Assert.False(cursor.TryRead()!.Conflict);
        Assert.True(cursor.TryRead()!.Conflict);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_disk_that_fails_gives_A700_and_nothing_refused_is_found_later(bool writes, bool flushes)
    {
        using (InstanceSpool spool = Open(_folder.Path))
        {
            var reports = new List<string?>();
            spool.ObstructionChanged += reports.Add;
            Assert.True((await spool.AppendAsync(Instance(0))).IsSuccess);
            (_files.FailWrites, _files.FailFlushes) = (writes, flushes);
            Assert.Equal(0xA700, (await spool.AppendAsync(Instance(1))).Code);
            Assert.Equal(0xA700, (await spool.AppendAsync(Instance(1))).Code);
            Assert.Equal(1, spool.Next);
            (_files.FailWrites, _files.FailFlushes) = (false, false);
            Assert.True((await spool.AppendAsync(Instance(2))).IsSuccess);
            // One line when it begins and one when it is over, however many instances come meanwhile.
            Assert.Equal([writes ? "No space left on device" : "Input/output error", null], reports);
        }
        using InstanceSpool again = Open(_folder.Path);
        SpoolCursor cursor = again.ReadFrom(0);
        Assert.Equal(["1.2.0", "1.2.2"], [cursor.TryRead()!.SopInstanceUid, cursor.TryRead()!.SopInstanceUid]);
        Assert.Null(cursor.TryRead());
        Assert.True((await again.AppendAsync(Instance(1))).IsSuccess);
        Assert.Equal(3, again.Next);
    }

    [Fact]
    public async Task Below_the_watermark_nothing_is_taken()
    {
        _files.Free = 10;
        using InstanceSpool spool = Open(_folder.Path, lowWatermark: 1000);
        Assert.True(spool.Low);
        Assert.Contains("pipeline.ingest.low-watermark", spool.Obstruction, StringComparison.Ordinal);
        Assert.Equal(0xA700, (await spool.AppendAsync(Instance(1))).Code);
    }

    [Fact]
    public async Task Consumed_segments_go_and_their_instances_are_still_recognised()
    {
        using (InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000))
        {
            SpoolCursor cursor = spool.ReadFrom(0);
            for (int i = 0; i < 30; i++)
            {
                await spool.AppendAsync(Instance(i));
                Assert.Equal($"1.2.{i}", cursor.TryRead()!.SopInstanceUid);
            }
            int before = Directory.GetFiles(_folder.Path, "*.seg").Length;
            Assert.True(before > 3);
            spool.Release(30);
            Assert.Single(Directory.GetFiles(_folder.Path, "*.seg"));
        }
        using InstanceSpool again = Open(_folder.Path, segmentBytes: 4000);
        Assert.Equal(30, again.Next);
        Assert.True((await again.AppendAsync(Instance(0))).IsSuccess);
        Assert.Equal(30, again.Next);
    }

    [Fact]
    public async Task Instances_that_arrive_together_share_flushes_and_keep_their_own_answers()
    {
        using InstanceSpool spool = Open(_folder.Path);
        DimseStatus[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => spool.AppendAsync(Instance(i % 32))));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess));
        Assert.Equal(32, spool.Next);
    }

    public void Dispose() => _folder.Dispose();

    private InstanceSpool Open(string folder, long segmentBytes = 1 << 20, long lowWatermark = 0) =>
        InstanceSpool.Open(new SpoolSettings(folder, segmentBytes, lowWatermark, 1000, 1 << 20), _files, TimeProvider.System);

    private static byte[] Content(int number) => [.. Enumerable.Range(0, 500 + number).Select(i => (byte)(i * 7 + number))];

    private static ReceivedInstance Instance(int number, int? content = null)
    {
        byte[] bytes = Content(content ?? number);
        return new ReceivedInstance("PACS", "PIPELINE", SopClasses.CT, $"1.2.{number}", "1.2.840.10008.1.2.1", [bytes], bytes.Length, SHA256.HashData(bytes));
    }
}
