using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>A payload cut into chunks of 256 KiB (the last may be shorter) under one RFC 9162 root.</summary>
public sealed class PayloadChunks
{
    /// <summary>Bytes of every chunk but the last.</summary>
    public const int Size = 256 * 1024;

    /// <summary>No payload has more chunks: 4 GiB.</summary>
    public const int MaxCount = 1 << MaxPathLength;

    public const int MaxPathLength = 14;

    private readonly byte[] _payload;
    private readonly Digest[] _leaves;

    /// <exception cref="ArgumentException">Empty, or more chunks than <see cref="MaxCount"/>.</exception>
    public PayloadChunks(byte[] payload)
    {
        _payload = payload;
        _leaves = new Digest[CountOf(payload.Length)];
        for (int i = 0; i < _leaves.Length; i++)
            _leaves[i] = MerkleTree.LeafHash(this[i].Span);
        Root = MerkleTree.RootOfHashes(_leaves);
    }

    public Digest Root { get; }

    public int Count => _leaves.Length;

    public byte[] Payload => _payload;

    public ReadOnlyMemory<byte> this[int index] =>
        _payload.AsMemory(index * Size, Math.Min(Size, _payload.Length - index * Size));

    public IReadOnlyList<Digest> PathOf(int index) => MerkleTree.InclusionProofOfHashes(_leaves, index);

    /// <summary>Chunks of a payload of <paramref name="size"/> bytes.</summary>
    /// <exception cref="ArgumentException">Not in 1 … <see cref="MaxCount"/> × <see cref="Size"/>.</exception>
    public static int CountOf(long size) => size is > 0 and <= (long)MaxCount * Size
        ? (int)((size + Size - 1) / Size)
        : throw new ArgumentException($"a payload has 1 to {(long)MaxCount * Size} bytes, not {size}", nameof(size));

    /// <summary>True when the bytes are chunk <paramref name="index"/> of the payload of <paramref name="size"/> bytes under <paramref name="root"/>.</summary>
    public static bool Verify(Digest root, long size, int index, ReadOnlySpan<byte> bytes, IReadOnlyList<Digest> path)
    {
        int count = CountOf(size);
        if (index < 0 || index >= count)
            return false;
        long expected = index == count - 1 ? size - (long)index * Size : Size;
        return bytes.Length == expected && MerkleTree.VerifyInclusion(root, bytes, index, count, path);
    }
}
