using System.Globalization;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Spool;
using Xunit;

namespace Pipeline.Tests.Actors.Ingest;

/// <summary>Damaged files, power cuts, and disks that refuse.</summary>
public sealed partial class InstanceSpoolTests
{
    [Fact]
    public async Task Damage_anywhere_is_set_aside_and_what_it_took_is_taken_again()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int damaged = 0;
        for (int trial = 0; trial < 40; trial++)
        {
            string folder = _folder.Sub($"damage{trial}"), said = $"seed {seed}, trial {trial}";
            const int consumed = 20;
            int count = consumed + 1 + random.Next(20);
            using (InstanceSpool spool = Open(folder, segmentBytes: 4000))
            {
                SpoolCursor all = spool.ReadFrom(0);
                for (int i = 0; i < count; i++)
                {
                    Assert.True((await StoreAsync(spool, i)).IsSuccess);
                    if (i < consumed)
                        all.TryRead();
                    if (i == consumed - 1)
                        spool.Release(consumed);
                }
                spool.Kill();
            }
            string hit = random.GetItems(Directory.GetFiles(folder, "*.segment"), 1)[0];
            byte[] bytes = File.ReadAllBytes(hit);
            // Every part of a file in turn: what names its use, the entry that begins it, and any other.
            int at = trial % 4 == 0 ? random.Next(32) : trial % 4 == 1 ? 32 + random.Next(30) : random.Next(bytes.Length);
            for (int i = at; i < Math.Min(bytes.Length, at + 8); i++)
                bytes[i] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(hit, bytes);

            var found = new HashSet<long>();
            using (InstanceSpool again = Open(folder, segmentBytes: 4000))
            {
                if (again.Next < consumed)
                {
                    // Numbers that were handed out are forgotten: a site says so and does not start.
                    Assert.True(again.SetAside.Count > 0, said);
                    continue;
                }
                // The PACS may send again before a reader has come that far.
                bool early = trial % 2 == 1, lost = false;
                for (int number = consumed; early && number < count; number++)
                    Assert.True((await StoreAsync(again, number)).IsSuccess, said);
                again.Lost += _ => lost = true;
                SpoolCursor cursor = again.ReadFrom(consumed);
                while (cursor.TryRead() is { } record)
                {
                    int number = int.Parse(record.SopInstanceUid.AsSpan(4), CultureInfo.InvariantCulture);
                    Assert.True(Content(number).AsSpan().SequenceEqual(record.DataSet.Span), said);
                    Assert.True(number >= consumed && found.Add(number), said);
                }
                int[] missing = [.. Enumerable.Range(consumed, count - consumed).Where(number => !found.Contains(number))];
                // Damage to the last of all entries cannot be told from a power cut; nothing else goes without a word.
                damaged += again.SetAside.Count > 0 ? 1 : 0;
                if (missing.Length > 0 && !missing.SequenceEqual([count - 1]))
                {
                    Assert.True(again.SetAside.Count > 0 || lost, said);
                    byte[][] aside = [.. again.SetAside.Select(File.ReadAllBytes)];
                    Assert.True(aside.Sum(file => (long)file.Length) > 0, said);
                    Assert.True(missing.All(number => lost || Array.Exists(aside, file => file.AsSpan().IndexOf(Content(number).AsSpan(0, 250)) >= 0)
                        || number == missing[0]), said);
                }
                Assert.True(!early || missing.Length == 0, said);
                foreach (int number in missing)
                    Assert.True((await StoreAsync(again, number)).IsSuccess, said);
                while (cursor.TryRead() is { } record)
                    Assert.True(found.Add(int.Parse(record.SopInstanceUid.AsSpan(4), CultureInfo.InvariantCulture)), said);
                Assert.True(found.Count == count - consumed, $"{said}: {found.Count} of {count - consumed}, missing {string.Join(' ', missing)}, at {at} of {Path.GetFileName(hit)} aside {string.Join(' ', again.SetAside.Select(Path.GetFileName))} lost {lost}");
            }
        }
        Assert.True(damaged > 5, $"seed {seed}: {damaged}");
    }

    [Fact]
    public async Task Damage_to_the_bytes_of_the_last_entry_alone_is_told()
    {
        using (InstanceSpool spool = Open(_folder.Path))
        {
            Assert.True((await StoreAsync(spool, 1)).IsSuccess);
            spool.Kill();
        }
        string segment = Directory.GetFiles(_folder.Path, "*.segment").Single();
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[^1] ^= 1;
        File.WriteAllBytes(segment, bytes);
        using (InstanceSpool again = Open(_folder.Path))
            Assert.Single(again.SetAside);
        using InstanceSpool later = Open(_folder.Path);
        Assert.Single(later.SetAside);
        Assert.True((await StoreAsync(later, 1)).IsSuccess);
        Assert.Equal(1, later.Next);
    }

    [Fact]
    public async Task A_disk_that_refuses_what_stands_behind_a_repeat_gives_one_answer()
    {
        using InstanceSpool spool = Open(_folder.Path);
        Assert.True((await StoreAsync(spool, 0)).IsSuccess);
        IInstanceUpload again = spool.BeginUpload();
        await AppendAsync(again, Content(0));
        // Behind it in the one queue: the chunk is written.
        Assert.True((await StoreAsync(spool, 1)).IsSuccess);
        _files.FailWrites = true;
        Assert.Equal(0xA700, (await again.CommitAsync(Received(0, Content(0)))).Code);
        _files.FailWrites = false;
        Assert.True((await StoreAsync(spool, 2)).IsSuccess);
        Assert.Equal(3, spool.Next);
    }

    [Fact]
    public async Task A_power_cut_behind_a_roll_takes_no_number_back()
    {
        var files = new FailingFileSystem { MayLosePower = true };
        var settings = new SpoolSettings(_folder.Path, 1 << 20, 0, 1000, SpareSegments);
        using (InstanceSpool spool = InstanceSpool.Open(settings, files, _clock))
        {
            for (int i = 0; i < 5; i++)
                Assert.True((await StoreAsync(spool, i)).IsSuccess);
            long roll = spool.Roll();
            Assert.False(spool.IsGone(roll));
            spool.Release(5);
            Assert.True(spool.IsGone(roll));
            spool.Kill();
        }
        files.CutPower(_folder.Path);
        using InstanceSpool again = InstanceSpool.Open(settings, files, _clock);
        Assert.Equal(5, again.Next);
        Assert.True(again.Holds("1.2.0"));
    }

    [Fact]
    public async Task What_was_to_go_goes_also_when_the_site_is_killed_before()
    {
        using (InstanceSpool spool = Open(_folder.Path))
        {
            for (int i = 0; i < 5; i++)
                Assert.True((await StoreAsync(spool, i)).IsSuccess);
            spool.Roll();
            spool.Kill();
        }
        using InstanceSpool again = Open(_folder.Path);
        Assert.True((await StoreAsync(again, 5)).IsSuccess);
        again.Release(5);
        Assert.Single(Directory.GetFiles(_folder.Path, "*.segment"));
        Assert.Equal(Content(5), again.ReadFrom(5).TryRead()!.DataSet.ToArray());
    }

    [Fact]
    public async Task A_disk_that_refuses_names_and_deletions_stops_nothing_and_owes_what_is_to_go()
    {
        using InstanceSpool spool = Open(_folder.Path, segmentBytes: 4000);
        await StoreAllAsync(0, 30);
        spool.Release(30);
        (_files.FailRenames, _files.FailDeletes) = (true, false);
        await StoreAllAsync(30, 40);
        (_files.FailRenames, _files.FailDeletes) = (false, true);
        spool.Release(40);
        await StoreAllAsync(40, 50);
        _files.FailDeletes = false;
        long roll = spool.Roll();
        _files.FailDeletes = true;
        spool.Release(50);
        Assert.False(spool.IsGone(roll));
        Assert.True(Directory.GetFiles(_folder.Path, "*.segment").Length > 1);
        _files.FailDeletes = false;
        spool.Release(50);
        Assert.True(spool.IsGone(roll));
        Assert.Single(Directory.GetFiles(_folder.Path, "*.segment"));

        async Task StoreAllAsync(int from, int to)
        {
            for (int i = from; i < to; i++)
                Assert.True((await StoreAsync(spool, i)).IsSuccess, $"{i}");
        }
    }

    [Fact]
    public async Task A_roll_whose_flush_fails_refuses_what_waits_and_works_once_the_disk_does()
    {
        using InstanceSpool spool = Open(_folder.Path);
        Assert.True((await StoreAsync(spool, 0)).IsSuccess);
        _files.FailFlushes = true;
        Assert.Throws<IOException>(() => spool.Roll());
        _files.FailFlushes = false;
        Assert.True((await StoreAsync(spool, 1)).IsSuccess);
        long roll = spool.Roll();
        spool.Release(2);
        Assert.True(spool.IsGone(roll));
        Assert.Equal(2, spool.Next);
    }
}
