using CsCheck;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Xunit;

namespace Pipeline.Tests.Ledger.Payloads;

public sealed class FilePayloadStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("payloads-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Gives_back_what_was_put_and_keeps_it_over_a_restart() =>
        Gen.Byte.Array[0, 4096].Sample(bytes =>
        {
            var digest = new FilePayloadStore(_folder).Put(bytes);
            Assert.Equal(Digest.Of(bytes), digest);
            var reopened = new FilePayloadStore(_folder);
            Assert.True(reopened.Contains(digest));
            Assert.True(reopened.TryGet(digest, out var stored));
            Assert.Equal(bytes, stored);
        }, iter: 30, threads: 1);

    [Fact]
    public void Lays_files_out_by_digest_and_leaves_no_temporary_behind()
    {
        var store = new FilePayloadStore(_folder);
        string name = store.Put([1, 2, 3]).ToString();
        store.Put([1, 2, 3]);

        var files = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);
        Assert.Equal([Path.Combine(_folder, name[..2], name[2..])], files);
        Assert.Equal(3, store.UsedBytes);
    }

    [Fact]
    public void Chunks_outlive_a_restart_beside_the_quota_and_a_torn_one_is_passed_over()
    {
        var chunks = new PayloadChunks(new byte[3 * PayloadChunks.Size]);
        var digest = Digest.Of(chunks.Payload);
        var store = new FilePayloadStore(_folder);
        for (int i = 0; i < chunks.Count; i++)
            store.KeepChunk(new PayloadMessage.Chunk(digest, i, chunks[i].ToArray(), chunks.PathOf(i)));
        string torn = Path.Combine(_folder, "partial", digest.ToString(), "1");
        File.WriteAllBytes(torn, File.ReadAllBytes(torn)[..1000]);

        var reopened = new FilePayloadStore(_folder);
        Assert.Equal([0, 2], reopened.KeptChunks(digest).Select(c => c.Index).Order());
        Assert.Equal(0, reopened.UsedBytes);
        Assert.Empty(FilePayloadStore.List(_folder));
        reopened.DropChunks(digest);
        Assert.Empty(reopened.KeptChunks(digest));
        Assert.False(Directory.Exists(Path.GetDirectoryName(torn)));
    }

    [Fact]
    public void Chunks_that_nobody_went_on_with_go_after_a_day()
    {
        var digest = Digest.Of([1]);
        var chunks = new PayloadChunks([1]);
        new FilePayloadStore(_folder).KeepChunk(new PayloadMessage.Chunk(digest, 0, [1], chunks.PathOf(0)));
        Directory.SetLastWriteTimeUtc(Path.Combine(_folder, "partial", digest.ToString()), DateTime.UtcNow.AddDays(-2));
        Assert.Empty(new FilePayloadStore(_folder).KeptChunks(digest));
    }

    [Fact]
    public void An_unknown_payload_is_absent()
    {
        var store = new FilePayloadStore(_folder);
        Assert.False(store.Contains(Digest.Of([1])));
        Assert.False(store.TryGet(Digest.Of([1]), out var payload));
        Assert.Null(payload);
    }

    [Fact]
    public void One_altered_byte_is_noticed_named_and_mended_by_storing_again()
    {
        var store = new FilePayloadStore(_folder);
        var digest = store.Put([1, 2, 3]);
        string path = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(path, [1, 2, 4]);

        var error = Assert.Throws<InvalidDataException>(() => store.TryGet(digest, out _));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);

        store.Put([1, 2, 3]);
        Assert.True(store.TryGet(digest, out var payload));
        Assert.Equal([1, 2, 3], payload);
        Assert.Equal(3, store.UsedBytes);
    }

    [Fact]
    public void What_exceeds_the_quota_is_refused_with_the_numbers_and_leaves_nothing()
    {
        var store = new FilePayloadStore(_folder, quotaBytes: 10);
        store.Put(new byte[7]);

        var error = Assert.Throws<PayloadQuotaException>(() => store.Put(new byte[4]));
        Assert.Contains("7 of 10 bytes", error.Message, StringComparison.Ordinal);
        Assert.False(store.Contains(Digest.Of(new byte[4])));

        store.Put([1, 2, 3]);
        Assert.Equal(10, store.UsedBytes);
        Assert.Throws<PayloadQuotaException>(() => new FilePayloadStore(_folder, quotaBytes: 10).Put([1]));
    }

    [Fact]
    public void A_deleted_payload_frees_its_bytes_and_never_comes_back()
    {
        var store = new FilePayloadStore(_folder, quotaBytes: 4);
        var digest = store.Put([1, 2, 3]);
        store.Delete(digest);

        Assert.Equal(0, store.UsedBytes);
        foreach (var view in new[] { store, new FilePayloadStore(_folder, quotaBytes: 4) })
        {
            Assert.False(view.Contains(digest));
            Assert.False(view.TryGet(digest, out _));
            Assert.True(view.IsPruned(digest));
            Assert.Throws<PayloadPrunedException>(() => view.Put([1, 2, 3]));
        }

        store.Put([4, 5, 6, 7]);
    }

    [Fact]
    public void A_write_cut_off_by_a_crash_is_swept_away_at_the_next_start()
    {
        _ = new FilePayloadStore(_folder);
        File.WriteAllBytes(Path.Combine(_folder, "tmp", Digest.Of([1]).ToString()), [0, 0, 0]);

        var store = new FilePayloadStore(_folder);
        Assert.Equal(0, store.UsedBytes);
        Assert.Empty(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Threads_that_store_the_same_and_different_payloads_count_each_once()
    {
        var store = new FilePayloadStore(_folder);
        await Parallel.ForAsync(0, 64, (i, _) =>
        {
            store.Put([(byte)(i % 16), 1]);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(32, store.UsedBytes);
        Assert.Equal(16, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_flushed_is_an_error() =>
        Assert.Throws<IOException>(() => DurableFile.SyncFolder(Path.Combine(_folder, "absent")));
}
