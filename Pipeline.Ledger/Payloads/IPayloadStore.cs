using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>Content-addressed bytes of one chain at one site: update payloads, weight sets. Safe for use from several threads.</summary>
public interface IPayloadStore
{
    /// <summary>Stores and fsyncs; returns the SHA-256 that names the bytes. Storing the same bytes again is a no-op.</summary>
    /// <exception cref="IOException">The disk is full or refused; nothing is visible under the digest.</exception>
    Digest Put(ReadOnlySpan<byte> payload);

    bool Contains(Digest digest);

    /// <summary>The payload, verified against its digest; false when absent (or pruned).</summary>
    /// <exception cref="InvalidDataException">The stored bytes no longer match their digest.</exception>
    bool TryGet(Digest digest, [NotNullWhen(true)] out byte[]? payload);

    /// <summary>Erases a payload for good: it is never stored again.</summary>
    void Delete(Digest digest);

    /// <summary>Frees the bytes of a payload that may come again.</summary>
    void Remove(Digest digest);

    /// <summary>Keeps a proved chunk of a payload that is still being fetched, as far as there is room; need not be durable.</summary>
    void KeepChunk(PayloadMessage.Chunk chunk);

    /// <summary>The chunks kept of a payload, to be proved again.</summary>
    IEnumerable<PayloadMessage.Chunk> KeptChunks(Digest payload);

    /// <summary>The payload is there, or nobody wants it: its chunks go.</summary>
    void DropChunks(Digest payload);
}
