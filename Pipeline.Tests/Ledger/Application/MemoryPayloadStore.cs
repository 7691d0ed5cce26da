using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Tests.Ledger.Application;

internal sealed class MemoryPayloadStore : IPayloadStore
{
    private readonly ConcurrentDictionary<Digest, byte[]> _payloads = new();
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
}
