using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Tests.Ledger.Application;

internal sealed class MemoryPayloadStore : IPayloadStore
{
    private readonly ConcurrentDictionary<Digest, byte[]> _payloads = new();
    private readonly ConcurrentDictionary<(Digest Payload, int Index), PayloadMessage.Chunk> _chunks = new();
    private int _failures;

    /// <summary>The next writes fail as on a full disk.</summary>
    public void FailNext(int writes) => _failures = writes;

    public Digest Put(ReadOnlySpan<byte> payload)
    {
        if (Interlocked.Decrement(ref _failures) >= 0)
            throw new IOException("No space left on device");
        var digest = Digest.Of(payload);
        _payloads[digest] = payload.ToArray();
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
