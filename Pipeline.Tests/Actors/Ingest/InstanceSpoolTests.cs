using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

public sealed partial class InstanceSpoolTests : IDisposable
{
    private const int SpareSegments = 2;

    private readonly TestFolder _folder = new();
    private readonly FailingFileSystem _files = new();
    private readonly MovedClock _clock = new();

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
                    Assert.True((await StoreAsync(spool, i)).IsSuccess);
                    durable.Add(new FileInfo(Directory.GetFiles(folder, "*.segment").Single()).Length);
                }
                segment = Directory.GetFiles(folder, "*.segment").Single();
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
            Assert.True((await StoreAsync(again, 100)).IsSuccess);
            Assert.Equal(whole + 1, again.Next);
        }
    }

    [Fact]
    public async Task The_same_instance_again_is_a_success_without_a_copy_and_other_bytes_are_a_conflict()
    {
        using (InstanceSpool spool = Open(_folder.Path))
        {
            Assert.True((await StoreAsync(spool, 1)).IsSuccess);
            Assert.True((await StoreAsync(spool, 1)).IsSuccess);
            Assert.Equal(DimseStatus.Conflict, await StoreAsync(spool, 1, content: 9));
            Assert.Equal(2, spool.Next);
        }
        using InstanceSpool again = Open(_folder.Path);
        Assert.True((await StoreAsync(again, 1)).IsSuccess);
        Assert.Equal(DimseStatus.Conflict, await StoreAsync(again, 1, content: 9));
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
            Assert.True((await StoreAsync(spool, 0)).IsSuccess);
            (_files.FailWrites, _files.FailFlushes) = (writes, flushes);
            Assert.Equal(0xA700, (await StoreAsync(spool, 1)).Code);
            Assert.Equal(0xA700, (await StoreAsync(spool, 1)).Code);
            Assert.Equal(1, spool.Next);
            (_files.FailWrites, _files.FailFlushes) = (false, false);
            Assert.True((await StoreAsync(spool, 2)).IsSuccess);
            // One line when it begins and one when it is over, however many instances come meanwhile.
            Assert.Equal([writes ? "No space left on device" : "Input/output error", null], reports);
        }
        using InstanceSpool again = Open(_folder.Path);
        SpoolCursor cursor = again.ReadFrom(0);
        Assert.Equal(["1.2.0", "1.2.2"], [cursor.TryRead()!.SopInstanceUid, cursor.TryRead()!.SopInstanceUid]);
        Assert.Null(cursor.TryRead());
        Assert.True((await StoreAsync(again, 1)).IsSuccess);
        Assert.Equal(3, again.Next);
    }

    [Fact]
    public async Task Below_the_watermark_nothing_is_taken()
    {
        _files.Free = 10;
        using InstanceSpool spool = Open(_folder.Path, lowWatermark: 1000);
        Assert.True(spool.Low);
        Assert.Contains("pipeline.ingest.low-watermark", spool.Obstruction, StringComparison.Ordinal);
        Assert.Equal(0xA700, (await StoreAsync(spool, 1)).Code);
    }

    [Fact]
    public async Task Consumed_segments_go_and_their_instances_are_still_recognised()
    {
        using (InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000))
        {
            SpoolCursor cursor = spool.ReadFrom(0);
            for (int i = 0; i < 30; i++)
            {
                await StoreAsync(spool, i);
                Assert.Equal($"1.2.{i}", cursor.TryRead()!.SopInstanceUid);
            }
            int before = Directory.GetFiles(_folder.Path, "*.segment").Length;
            Assert.True(before > 3);
            spool.Release(30);
            Assert.Equal(1 + SpareSegments, Directory.GetFiles(_folder.Path, "*.segment").Length);
            Assert.True(spool.Holds("1.2.0"));
        }
        Assert.Single(Directory.GetFiles(_folder.Path, "*.segment"));
        using InstanceSpool again = Open(_folder.Path, segmentBytes: 4000);
        Assert.Equal(30, again.Next);
        Assert.True((await StoreAsync(again, 0)).IsSuccess);
        Assert.Equal(30, again.Next);
    }

    [Fact]
    public async Task Instances_that_arrive_together_share_flushes_and_keep_their_own_answers()
    {
        using InstanceSpool spool = Open(_folder.Path);
        DimseStatus[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => StoreAsync(spool, i % 32)));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess));
        Assert.Equal(32, spool.Next);
    }

    [Fact]
    public async Task Uploads_that_alternate_over_many_segments_come_back_whole_also_over_a_restart()
    {
        const int count = 6;
        byte[][] contents = [.. Enumerable.Range(0, count).Select(i => Content(20_000 + i))];
        using (InstanceSpool spool = Open(_folder.Path, segmentBytes: 8000))
        {
            IInstanceUpload[] uploads = [.. contents.Select(_ => spool.BeginUpload())];
            foreach (var parts in contents[0].Chunk(700).Select((_, i) => i))
            {
                for (int u = 0; u < count; u++)
                    await AppendAsync(uploads[u], contents[u].Skip(parts * 700).Take(700).ToArray());
            }
            uploads[1].Abandon();
            // The last begun ends first; the one that ends last holds the segments of all.
            for (int u = count - 1; u >= 0; u--)
            {
                if (u != 1)
                    Assert.True((await uploads[u].CommitAsync(Received(u, contents[u]))).IsSuccess);
            }
            Check(spool);
            spool.Release(count - 2);
            Assert.Equal(contents[0], spool.ReadFrom(count - 2).TryRead()!.DataSet.ToArray());
        }
        using InstanceSpool again = Open(_folder.Path, segmentBytes: 8000);
        Assert.Equal(contents[0], again.ReadFrom(count - 2).TryRead()!.DataSet.ToArray());
        Assert.False(again.Holds("1.2.1"));
        Assert.True(again.Holds("1.2.5"));
        again.Roll();
        again.Release(count - 1);
        Assert.Single(Directory.GetFiles(_folder.Path, "*.segment"));

        void Check(InstanceSpool spool)
        {
            SpoolCursor cursor = spool.ReadFrom(0);
            foreach (int u in (int[])[5, 4, 3, 2, 0])
            {
                SpoolRecord record = cursor.TryRead()!;
                Assert.Equal($"1.2.{u}", record.SopInstanceUid);
                Assert.Equal(contents[u], record.DataSet.ToArray());
            }
            Assert.Null(cursor.TryRead());
        }
    }

    [Fact]
    public async Task A_large_instance_is_never_whole_in_memory_and_its_blocks_are_read_from_the_disk()
    {
        long length = SpoolRecord.MaxWholeBytes + 100_000;
        using InstanceSpool spool = Open(_folder.Path, segmentBytes: 16 << 20);
        IInstanceUpload upload = spool.BeginUpload();
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < length; at += 131072)
        {
            byte[] part = new byte[Math.Min(131072, length - at)];
            part.AsSpan().Fill((byte)(at >> 17));
            sent.AppendData(part);
            await AppendAsync(upload, part);
        }
        byte[] hash = sent.GetHashAndReset();
        Assert.True((await upload.CommitAsync(new ReceivedInstance("A", "B", SopClasses.CT, "1.2.3", "1.2.840.10008.1.2.1", length, 1))).IsSuccess);
        SpoolRecord record = spool.ReadFrom(0).TryRead()!;
        Assert.False(record.Whole);
        Assert.Equal((length, SpoolRecord.HeadBytes), (record.Length, record.DataSet.Length));
        foreach (ReadOnlyMemory<byte> block in record.Blocks)
            sent.AppendData(block.Span);
        Assert.Equal(hash, sent.GetHashAndReset());
    }

    [Fact]
    public async Task What_an_earlier_build_spooled_is_read_and_numbered_on()
    {
        // Layout of version 1: an instance whole, in a segment named by its first sequence.
        byte[] content = Content(3);
        byte[] entry =
        [
            1, 0, .. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(1_700_000_000_000L), .. SHA256.HashData(content),
            4, .. "PACS"u8, 8, .. "PIPELINE"u8, 5, .. "1.2.4"u8, 5, .. "1.2.3"u8, 17, .. "1.2.840.10008.1.2"u8, .. content,
        ];
        using (RecordLog log = RecordLog.Open(new DiskFileSystem(), Path.Combine(_folder.Path, "0000000000000007.seg"), 1 << 20, null))
        {
            log.Append([entry]);
            log.Flush();
        }
        using InstanceSpool spool = Open(_folder.Path);
        Assert.Equal(8, spool.Next);
        Assert.True((await StoreAsync(spool, 3)).IsSuccess);
        Assert.Equal(8, spool.Next);
        Assert.True((await StoreAsync(spool, 4)).IsSuccess);
        SpoolCursor cursor = spool.ReadFrom(7);
        SpoolRecord old = cursor.TryRead()!;
        Assert.Equal(("PACS", "1.2.3", "1.2.840.10008.1.2"), (old.CallingAe, old.SopInstanceUid, old.TransferSyntaxUid));
        Assert.Equal(content, old.DataSet.ToArray());
        Assert.Equal((8L, "1.2.4"), (cursor.TryRead() is { } next ? (next.Sequence, next.SopInstanceUid) : default));
    }

    [Fact]
    public async Task Files_that_are_written_again_lose_and_resurrect_nothing_however_the_site_ends()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int stored = 0, consumed = 0, reused = 0;
        for (int life = 0; life < 60; life++)
        {
            InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000);
            Assert.True(spool.Next == stored, $"seed {seed}, life {life}: {spool.Next} of {stored}");
            SpoolCursor cursor = spool.ReadFrom(consumed);
            for (int step = random.Next(40); step > 0; step--)
            {
                if (consumed == stored || random.Next(2) == 0)
                    Assert.True((await StoreAsync(spool, stored++)).IsSuccess);
                else
                    Assert.True(Content(consumed++).AsSpan().SequenceEqual(cursor.TryRead()!.DataSet.Span), $"seed {seed}, life {life}");
                int before = Directory.GetFiles(_folder.Path, "*.segment").Length;
                if (random.Next(3) == 0)
                    spool.Release(consumed);
                reused = Math.Max(reused, before);
            }
            if (random.Next(2) == 0)
            {
                spool.Dispose();
                continue;
            }
            // Amid an upload; what was written of it is torn, or a part of it never reached the medium.
            IInstanceUpload cut = spool.BeginUpload();
            await AppendAsync(cut, Content(9999));
            spool.Kill();
        }
        Assert.True(reused > 1);
        using InstanceSpool last = Open(_folder.Path, segmentBytes: 4000);
        SpoolCursor rest = last.ReadFrom(consumed);
        for (; consumed < stored; consumed++)
            Assert.True(Content(consumed).AsSpan().SequenceEqual(rest.TryRead()!.DataSet.Span), $"seed {seed}");
        Assert.Null(rest.TryRead());
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.torn-*"));
    }

    [Fact]
    public async Task What_is_consumed_is_on_the_disk_no_more_behind_a_roll_and_at_rest()
    {
        using (InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000))
        {
            SpoolCursor cursor = spool.ReadFrom(0);
            await ConsumeAsync(spool, cursor, 0, 40);
            Assert.True(Found(0, 40) > 0);
            spool.Roll();
            spool.Release(40);
            Assert.Equal(0, Found(0, 40));
            await ConsumeAsync(spool, cursor, 40, 80);
            Assert.True(Found(40, 80) > 0);
            Assert.True((await StoreAsync(spool, 80)).IsSuccess);
            spool.Release(80);
        }
        Assert.Equal(1, Found(80, 81));
        // The segment that holds what is left may hold what came just before.
        Assert.Equal(0, Found(40, 70));

        async Task ConsumeAsync(InstanceSpool spool, SpoolCursor cursor, int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                await StoreAsync(spool, i);
                cursor.TryRead();
                spool.Release(i + 1);
            }
        }

        int Found(int from, int to)
        {
            byte[][] files = [.. Directory.GetFiles(_folder.Path).Select(File.ReadAllBytes)];
            return Enumerable.Range(from, to - from).Count(i => Array.Exists(files, file => file.AsSpan().IndexOf(Content(i).AsSpan(0, 300)) >= 0));
        }
    }

    [Fact]
    public async Task Spare_files_go_when_space_is_low()
    {
        using InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000, lowWatermark: 1000);
        for (int i = 0; i < 30; i++)
            await StoreAsync(spool, i);
        spool.Release(30);
        Assert.Equal(1 + SpareSegments, Directory.GetFiles(_folder.Path, "*.segment").Length);
        _files.Free = 10;
        _clock.Ahead = TimeSpan.FromSeconds(2);
        Assert.True(spool.Low);
        Assert.Single(Directory.GetFiles(_folder.Path, "*.segment"));
    }

    public void Dispose() => _folder.Dispose();

    private InstanceSpool Open(string folder, long segmentBytes = 1 << 20, long lowWatermark = 0) =>
        InstanceSpool.Open(new SpoolSettings(folder, segmentBytes, lowWatermark, 1000, SpareSegments), _files, _clock);

    private static byte[] Content(int number) => [.. Enumerable.Range(0, 500 + number).Select(i => (byte)(i * 7 + number))];

    private static Task<DimseStatus> StoreAsync(InstanceSpool spool, int number, int? content = null) => StoreAsync(spool, number, Content(content ?? number));

    /// <summary>In chunks, as an association brings it.</summary>
    private static async Task<DimseStatus> StoreAsync(InstanceSpool spool, int number, byte[] bytes, int chunk = 300)
    {
        IInstanceUpload upload = spool.BeginUpload();
        foreach (byte[] part in bytes.Chunk(chunk))
            await AppendAsync(upload, part);
        return await upload.CommitAsync(Received(number, bytes));
    }

    private static Task AppendAsync(IInstanceUpload upload, byte[] part)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(part.Length);
        part.CopyTo(buffer, 0);
        return upload.AppendAsync(buffer, part.Length);
    }

    private static ReceivedInstance Received(int number, byte[] bytes) => new(
        "PACS", "PIPELINE", SopClasses.CT, $"1.2.{number}", "1.2.840.10008.1.2.1", bytes.Length, XxHash128.HashToUInt128(bytes));
}
