using System.Numerics;
using System.Security.Cryptography;

namespace Pipeline.Ledger.Crypto;

/// <summary>Merkle trees of RFC 9162 §2.1: leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right), empty = SHA-256().</summary>
public static class MerkleTree
{
    /// <summary>An audit path is never longer: 2⁶³ leaves.</summary>
    public const int MaxPathLength = 63;

    public static Digest LeafHash(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x00]);
        hash.AppendData(data);
        Span<byte> result = stackalloc byte[Digest.Size];
        hash.GetHashAndReset(result);
        return new Digest(result);
    }

    public static Digest Root(IReadOnlyList<byte[]> leaves) => RootOfHashes(HashLeaves(leaves));

    public static Digest RootOfHashes(ReadOnlySpan<Digest> leafHashes)
    {
        switch (leafHashes.Length)
        {
            case 0: return Digest.Of([]);
            case 1: return leafHashes[0];
            default:
                int split = LargestPowerOfTwoBelow(leafHashes.Length);
                return Node(RootOfHashes(leafHashes[..split]), RootOfHashes(leafHashes[split..]));
        }
    }

    /// <summary>The audit path of leaf <paramref name="index"/>, from the leaf up (RFC 9162 §2.1.3.1).</summary>
    public static Digest[] InclusionProof(IReadOnlyList<byte[]> leaves, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Count);
        return InclusionProofOfHashes(HashLeaves(leaves), index);
    }

    /// <summary>As <see cref="InclusionProof"/>, for leaves already hashed by <see cref="LeafHash"/>.</summary>
    public static Digest[] InclusionProofOfHashes(ReadOnlySpan<Digest> leafHashes, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leafHashes.Length);
        var path = new List<Digest>();
        Path(leafHashes, index, path);
        return [.. path];
    }

    /// <summary>RFC 9162 §2.1.3.2.</summary>
    public static bool VerifyInclusion(Digest root, ReadOnlySpan<byte> leaf, long index, long size, IReadOnlyList<Digest> path)
    {
        if (index < 0 || index >= size || path.Count > MaxPathLength)
            return false;
        long fn = index, sn = size - 1;
        var hash = LeafHash(leaf);
        foreach (var sibling in path)
        {
            if (sn == 0)
                return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                hash = Node(sibling, hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                hash = Node(hash, sibling);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && hash == root;
    }

    private static Digest[] HashLeaves(IReadOnlyList<byte[]> leaves)
    {
        var hashes = new Digest[leaves.Count];
        for (int i = 0; i < hashes.Length; i++)
            hashes[i] = LeafHash(leaves[i]);
        return hashes;
    }

    private static void Path(ReadOnlySpan<Digest> hashes, int index, List<Digest> path)
    {
        if (hashes.Length == 1)
            return;
        int split = LargestPowerOfTwoBelow(hashes.Length);
        if (index < split)
        {
            Path(hashes[..split], index, path);
            path.Add(RootOfHashes(hashes[split..]));
        }
        else
        {
            Path(hashes[split..], index - split, path);
            path.Add(RootOfHashes(hashes[..split]));
        }
    }

    private static int LargestPowerOfTwoBelow(int n) => 1 << (BitOperations.Log2((uint)(n - 1)));

    private static Digest Node(Digest left, Digest right)
    {
        Span<byte> bytes = stackalloc byte[1 + 2 * Digest.Size];
        bytes[0] = 0x01;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + Digest.Size)..]);
        return Digest.Of(bytes);
    }
}
