using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// Payloads as files named by their digest: <c>ab/cdef…</c> under one folder. A write is visible and durable as a whole or not at all. A
/// deleted payload leaves an empty <c>ab/cdef….pruned</c>, and is refused from then on: what was erased on purpose stays erased.
/// Chunks of what is still being fetched are under <c>partial</c>, up to 256 MiB beside the quota. One store a folder.
/// </summary>
public sealed class FilePayloadStore : IPayloadStore
{
    private const string TemporaryFolder = "tmp", PartialFolder = "partial";
    private const long MaxPartialBytes = 256L * 1024 * 1024;

    private readonly Lock _writes = new();
    private readonly string _folder;
    private readonly string _temporary;
    private readonly long _quota;
    private readonly PartialPayloads _partials;
    private long _used;

    /// <param name="folder">Created when absent; left-overs of interrupted writes are removed.</param>
    /// <param name="quotaBytes">The payloads together never exceed this many bytes.</param>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public FilePayloadStore(string folder, long quotaBytes = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quotaBytes);
        _folder = Path.GetFullPath(folder);
        _temporary = Path.Combine(_folder, TemporaryFolder);
        _quota = quotaBytes;
        Directory.CreateDirectory(_folder);
        if (Directory.Exists(_temporary))
            Directory.Delete(_temporary, recursive: true);
        Directory.CreateDirectory(_temporary);
        DurableFile.SyncFolder(_folder);
        _used = List(_folder).Sum(file => new FileInfo(file.Path).Length);
        _partials = new PartialPayloads(Path.Combine(_folder, PartialFolder), Math.Min(quotaBytes, MaxPartialBytes));
        _partials.Open(DateTime.UtcNow);
    }

    /// <summary>Bytes of all payloads held.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <exception cref="PayloadQuotaException">The payload does not fit.</exception>
    /// <exception cref="PayloadPrunedException">It was deleted before.</exception>
    /// <exception cref="IOException">The disk is full or refused.</exception>
    public Digest Put(ReadOnlySpan<byte> payload)
    {
        var digest = Digest.Of(payload);
        string path = PathOf(digest);
        lock (_writes)
        {
            if (IsPruned(digest))
                throw new PayloadPrunedException($"payload {digest} was deleted from '{_folder}' and is not stored again");
            if (File.Exists(path) && new FileInfo(path).Length == payload.Length && Matches(path, digest))
                return digest;
            long replaced = File.Exists(path) ? new FileInfo(path).Length : 0;
            if (_used - replaced > _quota - payload.Length)
            {
                throw new PayloadQuotaException(
                    $"payload {digest.Short} of {payload.Length} bytes does not fit into '{_folder}': {_used} of {_quota} bytes are used; " +
                    "raise pipeline.payloads.quota or prune finished rounds");
            }

            EnsureFolder(path);
            DurableFile.Write(path, Path.Combine(_temporary, digest.ToString()), payload);
            Interlocked.Add(ref _used, payload.Length - replaced);
        }

        return digest;
    }

    public bool Contains(Digest digest) => File.Exists(PathOf(digest)) && !IsPruned(digest);

    public bool TryGet(Digest digest, [NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        string path = PathOf(digest);
        if (IsPruned(digest))
            return false;
        try
        {
            payload = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        if (Digest.Of(payload) == digest)
            return true;
        payload = null;
        throw new InvalidDataException(
            $"'{path}' no longer matches its name: the disk or someone altered it; remove the file and it is fetched again from a member");
    }

    /// <summary>Leaves a tombstone first, so that an interrupted deletion is completed by meaning: the payload is gone either way.</summary>
    public void Delete(Digest digest)
    {
        string path = PathOf(digest);
        lock (_writes)
        {
            if (IsPruned(digest) && !File.Exists(path))
                return;
            EnsureFolder(path);
            DurableFile.Write(PayloadFile.Of(_folder, digest, isTombstone: true).Path, Path.Combine(_temporary, $"{digest}.pruned"), []);
            Free(path);
        }
    }

    public void Remove(Digest digest)
    {
        lock (_writes)
            Free(PathOf(digest));
    }

    private void Free(string path)
    {
        if (!File.Exists(path))
            return;
        long length = new FileInfo(path).Length;
        File.Delete(path);
        DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
        Interlocked.Add(ref _used, -length);
    }

    public void KeepChunk(PayloadMessage.Chunk chunk)
    {
        lock (_writes)
            _partials.Keep(chunk);
    }

    public IEnumerable<PayloadMessage.Chunk> KeptChunks(Digest payload) => _partials.Of(payload);

    public void DropChunks(Digest payload)
    {
        lock (_writes)
            _partials.Drop(payload);
    }

    /// <summary>True when the payload was deleted for good.</summary>
    public bool IsPruned(Digest digest) => File.Exists(PayloadFile.Of(_folder, digest, isTombstone: true).Path);

    private static bool Matches(string path, Digest digest) => Digest.Of(File.ReadAllBytes(path)) == digest;

    private void EnsureFolder(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder))
            return;
        Directory.CreateDirectory(folder);
        DurableFile.SyncFolder(_folder);
    }

    /// <summary>Every payload and tombstone of a store's folder, by digest; the store may be open meanwhile.</summary>
    public static IReadOnlyList<PayloadFile> List(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => PayloadFile.TryParse(folder, Path.GetRelativePath(folder, path))).OfType<PayloadFile>().OrderBy(file => file.Digest)];
    }

    private string PathOf(Digest digest) => PayloadFile.Of(_folder, digest, isTombstone: false).Path;
}
