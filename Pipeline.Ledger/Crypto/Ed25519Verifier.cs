using System.Collections.Concurrent;
using NSec.Cryptography;

namespace Pipeline.Ledger.Crypto;

/// <summary>Ed25519 verification, one signature at a time (batch and single verification disagree on edge cases; never mix them).</summary>
public sealed class Ed25519Verifier : ISignatureVerifier
{
    private const int KeyCacheLimit = 4096;

    private readonly ConcurrentDictionary<MemberPublicKey, PublicKey?> _keys = new();

    public bool Verify(MemberPublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (key.Scheme != MemberPublicKey.Ed25519 || signature.Length != Ed25519Signer.SignatureSize)
            return false;
        if (!_keys.TryGetValue(key, out var imported))
        {
            // Counting takes every lock of the dictionary, so only a new key pays for it.
            if (_keys.Count > KeyCacheLimit)
                _keys.Clear();
            imported = _keys.GetOrAdd(key, static k => Import(k));
        }

        return imported is not null && SignatureAlgorithm.Ed25519.Verify(imported, message, signature);
    }

    private static PublicKey? Import(MemberPublicKey key) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, key.Key.ToArray(), KeyBlobFormat.RawPublicKey, out var imported) ? imported : null;
}
