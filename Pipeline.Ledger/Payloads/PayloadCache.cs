using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>Verified payloads with their chunk trees, so that serving chunk after chunk reads and hashes the payload once. Least recent goes first.</summary>
internal sealed class PayloadCache(long maxBytes)
{
    private readonly LinkedList<(Digest Digest, PayloadChunks Chunks)> _recent = new();

    public bool TryGet(Digest digest, [NotNullWhen(true)] out PayloadChunks? chunks)
    {
        for (var node = _recent.First; node is not null; node = node.Next)
        {
            if (node.Value.Digest != digest)
                continue;
            _recent.Remove(node);
            _recent.AddFirst(node);
            chunks = node.Value.Chunks;
            return true;
        }

        chunks = null;
        return false;
    }

    public PayloadChunks Add(Digest digest, byte[] payload)
    {
        if (TryGet(digest, out var held))
            return held;
        var chunks = new PayloadChunks(payload);
        _recent.AddFirst((digest, chunks));
        while (_recent.Count > 1 && _recent.Sum(entry => (long)entry.Chunks.Payload.Length) > maxBytes)
            _recent.RemoveLast();
        return chunks;
    }
}
