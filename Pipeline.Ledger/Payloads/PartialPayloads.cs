using System.Globalization;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// Chunks of payloads that are still being fetched, one file each (<c>digest/index</c>), so that a node that was restarted fetches the rest alone. A chunk
/// is kept as the message that brought it and is proved again when it is read: nothing here is trusted, and nothing needs to be durable. A disk
/// that refuses costs the resumption, never the transfer.
/// </summary>
/// <param name="maxBytes">Chunks beyond it are not kept.</param>
internal sealed class PartialPayloads(string folder, long maxBytes)
{
    /// <summary>Chunks of which no more came for so long go when the store is opened.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private long _used;

    /// <summary>Removes what nobody went on with, and counts the rest.</summary>
    public void Open(DateTime now)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var payload in new DirectoryInfo(folder).EnumerateDirectories())
        {
            if (now - payload.LastWriteTimeUtc > Patience)
                payload.Delete(recursive: true);
            else
                _used += payload.EnumerateFiles().Sum(file => file.Length);
        }
    }

    public void Keep(PayloadMessage.Chunk chunk)
    {
        byte[] bytes = chunk.Encode();
        if (_used + bytes.Length > maxBytes)
            return;
        try
        {
            string payload = Directory.CreateDirectory(FolderOf(chunk.Payload)).FullName;
            File.WriteAllBytes(Path.Combine(payload, chunk.Index.ToString(CultureInfo.InvariantCulture)), bytes);
            _used += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is fetched again.
        }
    }

    /// <summary>The chunks kept of a payload; one at a time in memory. A torn or foreign file is passed over.</summary>
    public IEnumerable<PayloadMessage.Chunk> Of(Digest payload)
    {
        if (!Directory.Exists(FolderOf(payload)))
            yield break;
        foreach (string path in Directory.EnumerateFiles(FolderOf(payload)))
        {
            if (Read(path) is PayloadMessage.Chunk chunk && chunk.Payload == payload)
                yield return chunk;
        }
    }

    public void Drop(Digest payload)
    {
        try
        {
            var kept = new DirectoryInfo(FolderOf(payload));
            if (!kept.Exists)
                return;
            long length = kept.EnumerateFiles().Sum(file => file.Length);
            kept.Delete(recursive: true);
            _used -= length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next opening removes it.
        }
    }

    private static PayloadMessage? Read(string path)
    {
        try
        {
            return new FileInfo(path).Length <= 2 * PayloadChunks.Size && Canonical.TryDecode<PayloadMessage>(File.ReadAllBytes(path), out var message, out _)
                ? message
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string FolderOf(Digest payload) => Path.Combine(folder, payload.ToString());
}
