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
}
