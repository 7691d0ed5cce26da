using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Tests.Ledger.Payloads;

/// <summary>A payload store without a disk, which can be told that it is full.</summary>
internal sealed class MemoryPayloadStore : IPayloadStore
{
    private readonly ConcurrentDictionary<Digest, byte[]> _payloads = new();
    private readonly ConcurrentDictionary<(Digest Payload, int Index), PayloadMessage.Chunk> _chunks = new();

    public bool Full { get; set; }

    public Digest Put(ReadOnlySpan<byte> payload)
    {
        if (Full)
            throw new IOException("the disk is full");
        var digest = Digest.Of(payload);
        _payloads.TryAdd(digest, payload.ToArray());
        return digest;
    }

    public bool Contains(Digest digest) => _payloads.ContainsKey(digest);

    public bool TryGet(Digest digest, [NotNullWhen(true)] out byte[]? payload) => _payloads.TryGetValue(digest, out payload);

    public void Delete(Digest digest) => _payloads.TryRemove(digest, out _);

    public void Remove(Digest digest) => Delete(digest);

    public void KeepChunk(PayloadMessage.Chunk chunk) => _chunks[(chunk.Payload, chunk.Index)] = chunk;

    public IEnumerable<PayloadMessage.Chunk> KeptChunks(Digest payload) => _chunks.Values.Where(c => c.Payload == payload);

    public void DropChunks(Digest payload)
    {
        foreach (var key in _chunks.Keys.Where(k => k.Payload == payload))
            _chunks.TryRemove(key, out _);
    }
}
